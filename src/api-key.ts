import type { Slot } from './config.ts'
import { recordStaleSeconds } from './delays.ts'
import type { ApiKeyDocument } from './document.ts'
import type { ImportedBy } from './imported-keys.ts'
import { DEFAULT_CACHE_SECONDS, DEFAULT_PREFIXES } from './key-settings.ts'
import type { Pepper } from './keys/format.ts'
import { IMPORT_PREFIX } from './keys/import.ts'
import type { KindParts, PlacedVerifier, PreparedKind, ValuesOf, VerifierKind } from './kind.ts'
import { after } from './lib/maybe.ts'
import type { NamedPolicy, Reader } from './model/ports.ts'
import { addresses } from './policies/addresses.ts'
import { nearExpiry } from './policies/near-expiry.ts'
import { cached } from './stores/cached.ts'
import { apiKey as apiKeyVerifier } from './verifiers/api-key.ts'
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
    let importedBy: ImportedBy | undefined

    return {
      verifiers(valuesOf, failing) {
        const known = peppers.flatMap((pepper) => peppersOf(pepper, valuesOf))
        const isUnset = ({ name }: Pick<Slot, 'name'>) => valuesOf({ name }).length === 0 && !failing.includes(name)
        const unset = new Set(
          peppers.filter(({ secret }) => isUnset({ name: secret })).map(({ version }) => String(version)),
        )
        const issued = apiKeyVerifier({ prefixes: new Set(prefixes), peppers: known, unset, find, digests })
        const verifiers: PlacedVerifier[] = [{ verifier: issued, places: at, turn: ISSUED_TURN }]
        if (imports.length === 0) return verifiers
        return after(importedBy ?? loadImported(), (imported) => {
          importedBy = imported
          const verifier = imported(imports, valuesOf, isUnset, { peppers: known, aliases, find, digests })
          return verifier ? [...verifiers, { verifier, places: at, turn: IMPORTED_TURN }] : verifiers
        })
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

/** Few documents take keys of other systems. */
async function loadImported(): Promise<ImportedBy> {
  return (await import('./imported-keys.ts')).importedBy
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

/** Issued keys with what a host has for them: its stores, limiters and what writes usage down. */
export function apiKeyWith<Kind extends VerifierKind>(more: Omit<Kind, keyof VerifierKind>): Kind {
  return { ...apiKey, ...more } as Kind
}
