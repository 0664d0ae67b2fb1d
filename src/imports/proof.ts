import { MOST_IMPORTED_CHARACTERS } from '../model/imported-key.ts'
import { sha256Hex } from './hash.ts'
import type { Seen } from './shape.ts'
import { note, notePrefix } from './shape.ts'
import type { Claim, Left, Row } from './source.ts'
import { bitsOf } from './strength.ts'

/** A claim whose token, where the row held it, has become its hash. */
export interface Proven extends Omit<Claim, 'proof'> {
  readonly scheme: 'strapi' | 'sha256'
  readonly hash: string
  /** How hard a token is to guess that the row held. */
  readonly bits?: number
  /** What nobody may be told: the token, the hash, and both as the row spells them. */
  readonly hidden: readonly string[]
}

/** What a header can carry as one value: visible ASCII without the comma. */
const SENDABLE = /^[!-+\--~]+$/

/** Hashes the token of a row that holds one; from here on nothing but the list of what is hidden knows it. */
export async function proven(found: Claim | Left, seen: Seen): Promise<Proven | Left> {
  if ('left' in found) return found
  const { proof, ...claim } = found
  const hidden = [...(claim.hidden ?? []), ...(claim.token === undefined ? [] : [claim.token])]
  if (!('plain' in proof)) {
    if (claim.prefix !== undefined) notePrefix(seen, claim.prefix)
    return { ...claim, ...proof, hidden: [...hidden, proof.hash] }
  }
  const { plain } = proof
  const refused = { name: claim.name, hidden: [...hidden, plain] }
  if (plain === '') return { ...refused, left: 'it has no token' }
  if (!SENDABLE.test(plain))
    return { ...refused, left: 'its token holds white space, a comma or what no header carries' }
  if (plain.length > MOST_IMPORTED_CHARACTERS) {
    return { ...refused, left: `its token has more than ${MOST_IMPORTED_CHARACTERS} characters` }
  }
  note(seen, plain)
  const hash = await sha256Hex(plain)
  return { ...claim, scheme: 'sha256', hash, bits: bitsOf(plain), hidden: [...hidden, plain, hash] }
}

/** Where a token or its hash may stand in a row of any system: somebody may have named the wrong one. */
const SECRETS = [
  'token',
  'hash',
  'key',
  'value',
  'plaintext',
  'secret',
  'access_key',
  'accessKey',
  'encrypted_key',
  'encryptedKey',
]

/** What a row holds that nobody may be told, whether its source reads it or not. */
export function secretsIn(row: Row): string[] {
  return SECRETS.flatMap((name) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined
    return typeof value === 'string' || typeof value === 'number' ? [String(value)] : []
  })
}

/** Whether a text would tell something hidden. A short one is only looked for as the whole of it. */
export function tells(text: string, hidden: readonly string[]): boolean {
  const lower = text.toLowerCase()
  return hidden.some((each) => {
    const secret = each.toLowerCase()
    return secret !== '' && (lower === secret || (secret.length >= 8 && lower.includes(secret)))
  })
}
