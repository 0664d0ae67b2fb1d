import type { CredentialSettings } from './config.ts'
import { cacheSecondsOf, recordStaleSeconds } from './delays.ts'
import type { JwtDocument } from './document.ts'
import type { IssuingSettings } from './issuing.ts'
import { issuingOf } from './issuing.ts'
import { inSecrets, tellsRefusal } from './jwt-keys.ts'
import { OWN_ALGORITHMS, ownVerifyingKeys } from './key-sets/own-key.ts'
import type { KeySource } from './key-sets/source.ts'
import { fixed } from './key-sets/source.ts'
import { decodeRecord } from './keys/record.ts'
import type { MarkedRecord } from './keys/token-claims.ts'
import { marked, TOKEN_TYPE } from './keys/token-claims.ts'
import type { KindParts, PreparedKind } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import { after } from './lib/maybe.ts'
import type { Entry, Verifier } from './model/ports.ts'
import type { CachedReader } from './stores/cached.ts'
import { cached } from './stores/cached.ts'
import type { JwtRules } from './verifiers/jwt.ts'
import type { FindIssuer } from './verifiers/own-token.ts'
import { ownToken } from './verifiers/own-token.ts'

/** Makes what proves a token by rules and keys, and remembers what it has proved. */
export type ProveBy = (rules: JwtRules, keys: KeySource) => Verifier

/** A credential of kind jwt that takes the tokens which this deployment, or another one of the same document, has issued. */
export function ownTokens(
  credential: CredentialSettings,
  parts: KindParts,
  turn: number,
  proveBy: ProveBy,
): PreparedKind {
  const { name, places } = credential
  const issuing = issuingOf(parts.settings)
  if (!issuing) throw new TypeError('own tokens without "issuing"')
  const rules = rulesOf(credential, issuing)
  const keysNow = inSecrets(issuing.published, ownVerifyingKeys, tellsRefusal(name, parts.host.sink))
  const records = parts.store && recordsOf(parts)
  const find = records && findIssuer(records)
  const at = new Set(places)
  return {
    async verifiers(valuesOf) {
      const keys = (await keysNow(valuesOf)) ?? unset(issuing)
      return [{ verifier: ownToken(proveBy(rules, keys), name, find), places: at, turn }]
    },
    gap: () => undefined,
    policies: [],
    forget: (id) => records?.forget(id),
  }
}

/** Who shows a token of the deployment learns that its keys are missing; others are none the wiser. */
function unset({ signing }: IssuingSettings): KeySource {
  return fixed({ reason: 'not-configured', detail: `set ${signing.map(({ name }) => name).join(' or ')}` })
}

const DEFAULT_TOLERANCE_SECONDS = 5

function rulesOf({ name, grant, document }: CredentialSettings, { issuer, audience }: IssuingSettings): JwtRules {
  const { type, clockToleranceSeconds = DEFAULT_TOLERANCE_SECONDS, maxAgeSeconds } = document as JwtDocument
  return {
    name,
    issuer,
    audiences: [audience],
    required: [],
    algorithms: new Set<string>(OWN_ALGORITHMS),
    types: new Set([TOKEN_TYPE]),
    requireExpiry: true,
    maxAgeSeconds,
    toleranceSeconds: clockToleranceSeconds,
    surface: 'api',
    ownerClaim: 'latchkey_owner',
    grant: { permissionsClaim: undefined, roles: undefined, ceiling: type === undefined ? undefined : grant },
  }
}

/** As old as the records of keys themselves may be: a token counts no longer than its key. */
function recordsOf({ settings, host, store }: KindParts): CachedReader {
  return cached(store as NonNullable<typeof store>, {
    cacheSeconds: cacheSecondsOf(settings.document.credentials),
    staleSeconds: recordStaleSeconds(settings),
    // Only an id that we have signed is ever looked up.
    isSelfAuthenticating: () => true,
    now: host.now,
  })
}

/** Each version of a record is read and marked once, as long as the reader remembers it. */
function findIssuer(records: CachedReader): FindIssuer {
  const known = new WeakMap<Entry, Maybe<MarkedRecord>>()
  return (id, anew) =>
    after(anew ? records.getAnew(`key:${id}`) : records.get(`key:${id}`), (entry) => {
      if (!entry) return undefined
      const found = known.get(entry)
      if (found) return found
      const later = marked(decodeRecord(entry.value)).then((record) => {
        known.set(entry, record)
        return record
      })
      known.set(entry, later)
      return later
    })
}
