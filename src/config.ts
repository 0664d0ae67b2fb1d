import type {
  CredentialDocument,
  DialectName,
  Document,
  PlaceDocument,
  RouteDocument,
  SecretsDocument,
} from './document.ts'
import type { Range } from './lib/ip.ts'
import { parseRange } from './lib/ip.ts'
import { parseTimestamp } from './lib/time.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Place } from './model/credential.ts'
import type { Grant, Surface } from './model/principal.ts'

/** One accepted value of a secret: its name, and until when it counts. */
export interface Slot {
  readonly name: string
  readonly until: EpochSeconds | undefined
}

export interface CredentialSettings {
  readonly kind: CredentialDocument['kind']
  readonly name: string
  readonly places: readonly Place[]
  /** Every secret that it names, in the document's order. */
  readonly slots: readonly Slot[]
  /** What it may do, or at most may do; undefined: what the credential that is shown says of itself. */
  readonly grant: Grant | undefined
  readonly surface: Surface
  /** Whether the credential is passed on to the origin. */
  readonly forward: boolean
  /** As it is written, for the module of its kind. */
  readonly document: CredentialDocument
}

/** A document with every default filled in and every text parsed that is needed per request. */
export interface Settings {
  readonly realm: string
  readonly base: string
  readonly refusals: {
    readonly dialect: DialectName
    /** The status of `credential-missing` and of `surface-mismatch`, where a system has its own. */
    readonly missing?: 401 | 403
    readonly surface?: 401 | 403
  }
  readonly credentials: readonly CredentialSettings[]
  readonly routes: readonly RouteDocument[]
  readonly strictPaths: boolean
  readonly refusePreflights: boolean
  /** Undefined: every address may call. */
  readonly addresses: readonly Range[] | undefined
  readonly corsOrigins: ReadonlySet<string>
  readonly transport: 'https' | 'any'
  /** The age at which secrets are read again. */
  readonly secretsSeconds: number
  /** How much longer they count while their source is down. */
  readonly staleSeconds: number
  /** As it is written, for what only some bundles hold. */
  readonly document: Document
  readonly log: { readonly allowed: boolean; readonly sample: number; readonly address: 'full' | 'truncated' | 'none' }
}

/** What a host decides where the document is silent. */
export interface HostDefaults {
  readonly transport: 'https' | 'any'
}

export const DEFAULT_BASE = '/_latchkey'
export const DEFAULT_SECRETS_SECONDS = 30
export const MOST_STALE_SECONDS = 300

/** Fills in the defaults of a document that is valid. */
export function settingsOf(document: Document, host: HostDefaults): Settings {
  const places = placeInterner()
  const { refusals = 'problem' } = document
  const secretsSeconds = document.secretsSeconds ?? DEFAULT_SECRETS_SECONDS
  return {
    realm: document.realm ?? 'api',
    base: document.base ?? DEFAULT_BASE,
    refusals: typeof refusals === 'object' ? refusals : { dialect: refusals },
    credentials: document.credentials.map((credential) => credentialOf(credential, places)),
    routes: document.routes,
    strictPaths: document.paths !== 'case-sensitive',
    refusePreflights: document.preflight === 'refuse',
    addresses: document.addresses && rangesOf(document.addresses.allow),
    corsOrigins: new Set(document.cors?.origins),
    transport: document.transport ?? host.transport,
    secretsSeconds,
    staleSeconds:
      document.staleSeconds ??
      Math.min(
        MOST_STALE_SECONDS,
        (document.revocation?.withinSeconds ?? Number.POSITIVE_INFINITY) -
          secretsSeconds -
          resultTtlSecondsOf(document),
      ),
    document,
    log: { allowed: true, sample: 1, address: 'full', ...document.log },
  }
}

/** How long an API Gateway keeps an answer, where one does. */
export function resultTtlSecondsOf({ apis = [] }: Partial<Document>): number {
  return Math.max(0, ...apis.map(({ resultTtlSeconds = 0 }) => resultTtlSeconds))
}

function credentialOf(credential: CredentialDocument, intern: (place: PlaceDocument) => Place): CredentialSettings {
  return {
    kind: credential.kind,
    name: credential.name ?? credential.kind,
    places: (
      credential.from ?? [
        { header: 'authorization', scheme: credential.kind === 'gateway-key' ? 'gatewaykey' : 'bearer' },
      ]
    ).map(intern),
    slots: slotsIn(credential),
    grant: grantOf(credential),
    surface: ('surface' in credential && credential.surface) || 'api',
    forward: credential.forward === true,
    document: credential,
  }
}

/** What nobody has given a type may read; an issued key, and a JWT with claims for it, say themselves what they may do. */
function grantOf(credential: CredentialDocument): Grant | undefined {
  const { kind, type, permissions = [] } = credential
  const saysItself = kind === 'api-key' || 'permissionsClaim' in credential || 'grants' in credential
  return type === undefined && saysItself ? undefined : { type: type ?? 'read-only', permissions }
}

/** Secrets look alike wherever they stand, so each kind's are found without knowing the kind, faulty or not. */
export function slotsIn(value: unknown): Slot[] {
  if (typeof value !== 'object' || value === null) return []
  const { secret, until } = value as { readonly secret?: unknown; readonly until?: unknown }
  if (typeof secret !== 'string') return Object.values(value).flatMap(slotsIn)
  return slotsOf({ secret, ...(typeof until === 'string' && { until }) })
}

/** Equal places of different credentials become one object, so that a place can be compared by identity. */
function placeInterner(): (place: PlaceDocument) => Place {
  const known = new Map<string, Place>()
  return (written) => {
    const place = placeOf(written)
    const key = JSON.stringify(place)
    const interned = known.get(key) ?? place
    known.set(key, interned)
    return interned
  }
}

function placeOf({ header, scheme, cookie, query, subprotocol }: PlaceDocument): Place {
  if (header !== undefined) return { kind: 'header', name: header.toLowerCase(), scheme: scheme?.toLowerCase() }
  if (cookie !== undefined) return { kind: 'cookie', name: cookie }
  if (query !== undefined) return { kind: 'query', name: query }
  return { kind: 'subprotocol', name: subprotocol as string }
}

/** The slots of a secret as it is written. */
export function slotsOf(secrets: SecretsDocument): Slot[] {
  return [secrets]
    .flat()
    .map(({ secret, until }) => ({ name: secret, until: until === undefined ? undefined : parseTimestamp(until) }))
}

/** The slots of a secret that count now. */
export function slotsAt(secrets: SecretsDocument, at: EpochSeconds): Slot[] {
  return slotsOf(secrets).filter(({ until }) => until === undefined || at < until)
}

/** Addresses and blocks of a document that is valid. */
export function rangesOf(texts: readonly string[]): Range[] {
  return texts.map((text) => parseRange(text) as Range)
}
