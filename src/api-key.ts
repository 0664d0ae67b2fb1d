import type { Slot } from './config.ts'
import { slotsOf } from './config.ts'
import { recordStaleSeconds } from './delays.ts'
import type { ApiKeyDocument, ImportDocument } from './document.ts'
import { DEFAULT_CACHE_SECONDS, DEFAULT_PREFIXES } from './key-settings.ts'
import type { Pepper } from './keys/format.ts'
import { IMPORT_PREFIX } from './keys/import.ts'
import type { KindParts, PlacedVerifier, PreparedKind, ValuesOf, VerifierKind } from './kind.ts'
import type { Digests, NamedPolicy, Reader } from './model/ports.ts'
import { addresses } from './policies/addresses.ts'
import { nearExpiry } from './policies/near-expiry.ts'
import { cached } from './stores/cached.ts'
import { apiKey as apiKeyVerifier } from './verifiers/api-key.ts'
import type { ImportedShape } from './verifiers/imported-key.ts'
import { importedKey } from './verifiers/imported-key.ts'
import { knownKeys } from './verifiers/known-key.ts'

/** Issued keys go before tokens of an issuer, imported ones after them: those are told by their shape alone. */
const ISSUED_TURN = 2
const IMPORTED_TURN = 4

/** Keys that Latchkey issues, and those that it has imported. */
export const apiKey: VerifierKind = {
  kind: 'api-key',
  prepare({ name, grant, places, document }, parts): PreparedKind {
    const { prefixes = DEFAULT_PREFIXES, peppers, imports = [] } = document as ApiKeyDocument
    const { store, host, settings } = parts
    if (!store) return NOT_CONFIGURED
    const { digests } = host
    const [records, aliases] = [
      remembered(document as ApiKeyDocument, parts, store, true),
      remembered(document as ApiKeyDocument, parts, store, false),
    ]
    const find = knownKeys(records, { name, ceiling: grant }, digests)
    const at = new Set(places)

    return {
      verifiers(valuesOf, failing) {
        const known = peppers.flatMap((pepper) => peppersOf(pepper, valuesOf))
        const isUnset = ({ name }: Pick<Slot, 'name'>) => valuesOf({ name }).length === 0 && !failing.includes(name)
        const unset = new Set(
          peppers.filter(({ secret }) => isUnset({ name: secret })).map(({ version }) => String(version)),
        )
        const issued = apiKeyVerifier({ prefixes: new Set(prefixes), peppers: known, unset, find, digests })
        const verifiers: PlacedVerifier[] = [{ verifier: issued, places: at, turn: ISSUED_TURN }]
        const shapes = imports.flatMap((each) => shapesOf(each, valuesOf, isUnset, digests))
        if (shapes.length > 0) {
          const verifier = importedKey({ shapes, peppers: known, aliases, find, digests })
          verifiers.push({ verifier, places: at, turn: IMPORTED_TURN })
        }
        return verifiers
      },
      gap(valuesOf) {
        const isConfigured = peppers.some((pepper) => peppersOf(pepper, valuesOf).length > 0)
        return isConfigured ? undefined : 'not-configured'
      },
      policies: [
        KEY_ADDRESSES,
        {
          name: 'near-expiry',
          policy: nearExpiry(name, settings.document.keys?.nearExpiryDays ?? NEAR_EXPIRY_DAYS),
        },
      ],
      forget(id) {
        records.forget(id)
        aliases.forget(id)
      },
    }
  },
}

/** Without a store nobody can say of any token that it is no key. */
const NOT_CONFIGURED: PreparedKind = {
  verifiers: () => [],
  gap: () => 'not-configured',
  policies: [],
  forget: () => undefined,
}

const NEAR_EXPIRY_DAYS = 7
const KEY_ADDRESSES: NamedPolicy = { name: 'addresses', policy: addresses() }

/**
 * Records and the way to imported ones are remembered apart: who sends tokens of an imported shape at random fills only
 * the second with misses.
 */
function remembered(
  { cacheSeconds = DEFAULT_CACHE_SECONDS }: ApiKeyDocument,
  { settings, host }: KindParts,
  store: Reader,
  isProved: boolean,
) {
  return cached(store, {
    cacheSeconds,
    staleSeconds: recordStaleSeconds(settings),
    isSelfAuthenticating: (id) => isProved && !id.startsWith(IMPORT_PREFIX),
    now: host.now,
  })
}

function peppersOf({ version, secret }: ApiKeyDocument['peppers'][number], valuesOf: ValuesOf): Pepper[] {
  return valuesOf({ name: secret }).map((value) => ({ version: String(version), secret: value.reveal() }))
}

const STRAPI_TOKEN = /^[0-9a-f]{256}$/

/** Of a salt that rotates, every value may have made the hash. */
function shapesOf(
  imported: ImportDocument,
  valuesOf: ValuesOf,
  isUnset: (slot: Slot) => boolean,
  digests: Digests,
): ImportedShape[] {
  if (imported.scheme === 'sha256') return [{ scheme: 'sha256', shape: new RegExp(imported.shape, 'u'), hash: sha256 }]
  const strapi = { scheme: 'strapi', shape: STRAPI_TOKEN } as const
  const slots = slotsOf(imported.salt)
  const salted = slots.flatMap((slot) =>
    valuesOf(slot).map((salt) => ({
      ...strapi,
      until: slot.until,
      // The salt counts as text, although it looks like base64.
      hash: async (token: string) => hex(await digests.hmac('SHA-512', salt.reveal(), new TextEncoder().encode(token))),
    })),
  )
  return slots.every(isUnset) ? [strapi] : salted
}

async function sha256(token: string): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))))
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
