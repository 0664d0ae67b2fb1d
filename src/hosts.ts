import type { Settings } from './config.ts'
import { MOST_STALE_SECONDS, resultTtlSecondsOf } from './config.ts'
import { cacheSecondsOf, recordStaleSeconds, storeSecondsOf } from './delays.ts'
import type { Document } from './document.ts'

/** The hosts that a document can run on. */
export const HOSTS = ['node', 'cloudflare', 'aws', 'vercel'] as const
export type HostName = (typeof HOSTS)[number]

/** On which hosts each key of a document counts; the table of docs/configuration.md is made from it. */
export const KEYS_BY_HOST: Readonly<Record<keyof Document, readonly HostName[]>> = {
  $schema: HOSTS,
  realm: ['node', 'cloudflare', 'vercel'],
  base: HOSTS,
  origin: ['node', 'cloudflare'],
  refusals: HOSTS,
  credentials: HOSTS,
  routes: HOSTS,
  paths: HOSTS,
  preflight: HOSTS,
  addresses: HOSTS,
  proxies: ['node', 'cloudflare', 'vercel'],
  cors: ['node', 'cloudflare', 'vercel'],
  transport: ['node', 'cloudflare', 'vercel'],
  secretsSeconds: HOSTS,
  staleSeconds: HOSTS,
  revocation: HOSTS,
  apis: ['aws'],
  store: HOSTS,
  limiter: HOSTS,
  keys: ['node', 'cloudflare', 'vercel'],
  issuing: HOSTS,
  identity: ['node', 'cloudflare', 'vercel'],
  owners: HOSTS,
  webhooks: ['node', 'cloudflare', 'vercel'],
  resourceMetadata: ['node', 'cloudflare', 'vercel'],
  log: HOSTS,
}

/** What a Lambda authorizer ignores, and what other functions beside it read. */
export const BESIDE_THE_AUTHORIZER: { readonly [Key in keyof Document]?: readonly ('administration' | 'guard')[] } = {
  realm: ['administration', 'guard'],
  proxies: ['administration', 'guard'],
  cors: ['administration', 'guard'],
  keys: ['administration'],
  identity: ['guard'],
  webhooks: ['administration'],
  resourceMetadata: ['administration', 'guard'],
}

/** The keys of a document that a host ignores. */
export function ignoredKeys(document: Document, host: HostName): (keyof Document)[] {
  return (Object.keys(document) as (keyof Document)[]).filter((key) => !KEYS_BY_HOST[key].includes(host))
}

/** One summand of the revocation delay. */
export interface DelayPart {
  readonly name: string
  readonly seconds: number
  readonly note: string
}

/** How long a change can take to count, and of what that is the sum. */
export function revocationDelay(settings: Settings): {
  readonly seconds: number
  readonly parts: readonly DelayPart[]
} {
  const cacheSeconds = cacheSecondsOf(settings.document.credentials)
  const hasKeys = settings.credentials.some(({ kind }) => kind === 'api-key')
  const own = storeSecondsOf(settings.document)
  const parts: DelayPart[] = [
    { name: 'secretsSeconds', seconds: settings.secretsSeconds, note: 'age at which secrets are read again' },
    ...(hasKeys ? [{ name: 'cacheSeconds', seconds: cacheSeconds, note: 'age at which keys are read again' }] : []),
    {
      name: 'staleSeconds',
      seconds: hasKeys ? recordStaleSeconds(settings) : settings.staleSeconds,
      note: `only while their source is down; by default at most ${MOST_STALE_SECONDS}`,
    },
    ...(settings.document.apis
      ? [{ name: 'resultTtlSeconds', seconds: resultTtlSecondsOf(settings.document), note: RESULT_NOTE }]
      : []),
    ...(hasKeys ? [{ name: 'store', seconds: own, note: storeNote(settings) }] : []),
  ]
  return { seconds: parts.reduce((sum, part) => sum + part.seconds, 0), parts }
}

const RESULT_NOTE = 'how long API Gateway keeps an answer; on AWS only'

function storeNote({ document: { store } }: Settings): string {
  if (store?.kind === undefined)
    return 'until a write is seen; Workers KV adds 60, Global Config 10: say "kind" in "store"'
  return `until a write is seen in ${store.kind}`
}

/** What an operator must do for a changed secret to be seen at all. */
export const SECRET_CHANGES: Readonly<Record<HostName, string>> = {
  node: 'a file under --secrets counts within secretsSeconds; a variable needs a restart',
  cloudflare: 'a Secrets Store binding counts within secretsSeconds; a Worker secret makes a new version at once',
  aws:
    'in Parameter Store or Secrets Manager a change counts within secretsSeconds; a changed variable makes a new version ' +
    'of the function, and running instances end within minutes',
  vercel: 'a changed variable needs a new deployment',
}
