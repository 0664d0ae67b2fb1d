import type { Slot } from './config.ts'
import { slotsOf } from './config.ts'
import type { ImportDocument } from './document.ts'
import type { ValuesOf } from './kind.ts'
import type { Digests, Verifier } from './model/ports.ts'
import type { ImportedKeyParts, ImportedShape } from './verifiers/imported-key.ts'
import { importedKey } from './verifiers/imported-key.ts'

/**
 * Makes the verifier of keys that were imported in some ways, under the secrets that count now; undefined where no token
 * can be told to be one. `isUnset`: nobody has set the secret.
 */
export type ImportedBy = (
  imports: readonly ImportDocument[],
  valuesOf: ValuesOf,
  isUnset: (slot: Pick<Slot, 'name'>) => boolean,
  parts: Omit<ImportedKeyParts, 'shapes'>,
) => Verifier | undefined

export const importedBy: ImportedBy = (imports, valuesOf, isUnset, parts) => {
  const shapes = imports.flatMap((each) => shapesOf(each, valuesOf, isUnset, parts.digests))
  return shapes.length > 0 ? importedKey({ ...parts, shapes }) : undefined
}

const STRAPI_TOKEN = /^[0-9a-f]{256}$/

/** Of a salt that rotates, every value may have made the hash. */
function shapesOf(
  imported: ImportDocument,
  valuesOf: ValuesOf,
  isUnset: (slot: Pick<Slot, 'name'>) => boolean,
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
