import { base62 } from '../lib/base62.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Digests } from '../model/ports.ts'
import type { Pepper } from './format.ts'
import type { ImportScheme, KeptSecret } from './record.ts'

/** Where an imported key is found by what its token hashes to: `import:<pepper version>:<digest>` holds the key's id. */
export const IMPORT_PREFIX = 'import:'

/** What each scheme's hash looks like: SHA-512 and SHA-256 in lower-case hex. */
const HASHES: Readonly<Record<ImportScheme, RegExp>> = { strapi: /^[0-9a-f]{128}$/, sha256: /^[0-9a-f]{64}$/ }

/** Whether a text is a hash of the scheme. */
export function isHashOf(scheme: ImportScheme, hash: string): boolean {
  return Object.hasOwn(HASHES, scheme) && HASHES[scheme].test(hash)
}

/**
 * What is kept of an imported hash: a digest under the pepper, as the other system's database may be in other hands. The
 * scheme is part of it, so that a hash of one never passes for that of another.
 */
export function importedDigestOf(scheme: ImportScheme, hash: string, pepper: Pepper, digests: Digests): Maybe<string> {
  const data = new TextEncoder().encode(`latchkey import 1\0${scheme}\0${hash}`)
  return after(digests.hmac('SHA-256', pepper.secret, data), base62)
}

/** The id of the entry that leads from an imported hash to its key. The digest is what follows its last colon. */
export function importIdOf(scheme: ImportScheme, hash: string, pepper: Pepper, digests: Digests): Maybe<string> {
  return after(importedDigestOf(scheme, hash, pepper, digests), (digest) =>
    importEntryOf({ digest, pepperVersion: pepper.version }),
  )
}

/** The same of an imported secret as a record keeps it. */
export function importEntryOf({ digest, pepperVersion }: KeptSecret): string {
  return `${IMPORT_PREFIX}${pepperVersion}:${digest}`
}
