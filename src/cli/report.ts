import type { CredentialSettings, Settings } from '../config.ts'
import { slotsOf } from '../config.ts'
import type { Document, IdentityDocument } from '../document.ts'
import type { HostName } from '../hosts.ts'
import { revocationDelay, SECRET_CHANGES } from '../hosts.ts'
import { placeName } from '../model/credential.ts'
import { livesOf } from './jwt-report.ts'

/** What a document means, in the words of the command line. */
export interface Report {
  readonly routes: readonly { readonly route: string; readonly needs: string }[]
  readonly credentials: readonly {
    readonly name: string
    readonly kind: string
    readonly from: string
    readonly may: string
    readonly slots: number
  }[]
  readonly forwarded: readonly string[]
  /** What the origin can prove a request by; null: nothing. */
  readonly identity: string | null
  readonly revocation: ReturnType<typeof revocationDelay> & { readonly withinSeconds: number | null }
  /** How long tokens of issuers count. */
  readonly lives: readonly string[]
  readonly secretChanges: string
  /** What an entry file of one's own must name on this host; null: nothing, or there is none. */
  readonly entry: string | null
}

/** Reads a document's meaning out of its settings. */
export function reportOf(settings: Settings, host: HostName): Report {
  return {
    routes: settings.routes.map((route) => {
      const permissions = [route.permission ?? []].flat()
      const needs = route.public
        ? 'public'
        : permissions.length > 0
          ? permissions.join(' + ')
          : 'a token, not of type custom'
      const surface = route.surface ? `, surface ${route.surface}` : ''
      const only = route.credentials ? `, only ${route.credentials.join(', ')}` : ''
      return { route: `${route.methods?.join(',') ?? '*'} ${route.path}`, needs: needs + surface + only }
    }),
    credentials: settings.credentials.map((credential) => ({
      name: credential.name,
      kind: credential.kind,
      from: credential.places.map(placeName).join('; '),
      may: ceilingOf(credential),
      slots: credential.slots.length,
    })),
    forwarded: settings.credentials.filter((credential) => credential.forward).map((credential) => credential.name),
    identity: settings.document.identity ? identityReport(settings.document.identity) : null,
    revocation: { ...revocationDelay(settings), withinSeconds: settings.document.revocation?.withinSeconds ?? null },
    lives: livesOf(settings),
    secretChanges: SECRET_CHANGES[host],
    entry: host === 'node' ? null : entryOf(settings.document, host),
  }
}

function identityReport({ audience, publicOrigin, algorithm = 'EdDSA', keys, next }: IdentityDocument): string {
  const count = slotsOf(keys).length
  const slots = `${count} slot${count === 1 ? '' : 's'}${next ? ', and what signs next' : ''}`
  return `${algorithm}, for ${audience} at ${publicOrigin}; ${slots}`
}

/** The names that stand in `verifiers` and `parts`. */
function entryOf({ credentials, limiter, webhooks }: Document, host: HostName): string | null {
  const names: Readonly<Record<string, string>> = { 'api-key': 'apiKey', jwt: 'jwt', 'gateway-key': 'gatewayKey' }
  const verifiers = [...new Set(credentials.flatMap(({ kind }) => names[kind] ?? []))]
  const isCounted = limiter !== undefined || credentials.some(({ kind, limits }) => limits && kind !== 'api-key')
  const parts = host === 'cloudflare' ? [...(isCounted ? ['limits'] : []), ...(webhooks ? ['webhooks'] : [])] : []
  const lists = Object.entries({ verifiers, parts }).filter(([, list]) => list.length > 0)
  return lists.length === 0 ? null : lists.map(([name, list]) => `${name}: [${list.join(', ')}]`).join(', ')
}

function ceilingOf({ grant: given, surface, kind, document }: CredentialSettings): string {
  const isOwn = document.kind === 'jwt' && 'own' in document.keys
  const hasClaims = isOwn || 'permissionsClaim' in document || 'grants' in document
  // Own tokens always say it themselves: without a type there is no ceiling.
  const grant = isOwn && document.type === undefined ? undefined : given
  const says = kind === 'api-key' ? 'what each key says' : hasClaims ? 'what each token says' : undefined
  if (!grant) return surface === 'api' ? `${says}` : `${says}, surface ${surface}`
  const type = grant.type === 'custom' ? `custom: ${grant.permissions.join(', ')}` : grant.type
  const what = says === undefined ? type : `${says}, and at most ${type}`
  return surface === 'api' ? what : `${what}, surface ${surface}`
}

/** The report for people. */
export function reportText({
  routes,
  credentials,
  forwarded,
  identity,
  revocation,
  lives,
  secretChanges,
  entry,
}: Report): string {
  const width = Math.max(...routes.map(({ route }) => route.length))
  return [
    'routes, first match wins',
    ...routes.map(({ route, needs }) => `  ${route.padEnd(width)}  ${needs}`),
    'credentials',
    ...credentials.map(
      ({ name, kind, from, may, slots }) =>
        `  ${name}  ${kind} from ${from}; ${slots} slot${slots === 1 ? '' : 's'}; ${may}`,
    ),
    `passed on to the origin: ${forwarded.join(', ') || 'none'}`,
    ...(identity === null ? [] : [`signed identity: ${identity}`]),
    `revocation delay: ${revocation.seconds} s at most${revocation.withinSeconds === null ? '' : ` (budget ${revocation.withinSeconds} s)`}`,
    ...revocation.parts.map(({ name, seconds, note }) => `  ${seconds} s ${name}: ${note}`),
    ...lives,
    `changed secrets: ${secretChanges}`,
    ...(entry === null ? [] : [`an entry file of your own names: ${entry}`]),
  ].join('\n')
}
