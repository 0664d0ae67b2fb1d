import type { JSONWebKeySet, JWK } from 'jose'
import { createLocalJWKSet } from 'jose/jwks/local'
import type { EpochSeconds } from '../model/access.ts'
import type { VerifyingKey } from './keys.ts'

/** Why a set is not taken. The message is for an operator and holds nothing of the set. */
export class KeySetRefused extends Error {
  override readonly name: string = 'KeySetRefused'
}

/** No issuer publishes more; who does makes us import for long. */
const MOST_MEMBERS = 100
const LEAST_RSA_BITS = 2048

/**
 * Reads a JSON Web Key Set (RFC 7517). Members that no configured algorithm can use are skipped: jose judges `use`,
 * `key_ops`, `alg` and the key itself, and RSA keys have 2048 bits at least. A set that mixes secrets with public keys,
 * repeats an id among its usable keys, or has members and none that is usable is refused; one without members withdraws
 * all keys.
 */
export async function keySetOf(
  text: string,
  algorithms: readonly string[],
  until?: EpochSeconds,
): Promise<readonly VerifyingKey[]> {
  const members = membersOf(text)
  const secrets = members.filter(({ kty }) => kty === 'oct').length
  if (secrets > 0 && secrets < members.length) throw new KeySetRefused('it mixes secrets with public keys')
  const ids = new Set<string>()
  const keys: VerifyingKey[] = []
  for (const member of members) {
    const found = await Promise.all(algorithms.map((algorithm) => keyOf(member, algorithm, until)))
    const usable = found.filter((key) => key !== undefined)
    const id = usable[0]?.id
    if (id !== undefined && ids.has(id)) throw new KeySetRefused('it repeats the id of a key')
    if (id !== undefined) ids.add(id)
    keys.push(...usable)
  }
  if (keys.length === 0 && members.length > 0) throw new KeySetRefused('it has no usable key')
  return keys
}

function membersOf(text: string): readonly JWK[] {
  const { keys } = Object(parsed(text)) as { readonly keys?: unknown }
  if (!Array.isArray(keys) || keys.length > MOST_MEMBERS) throw new KeySetRefused('it is no JSON Web Key Set')
  return keys.map((member) => Object(member) as JWK)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Undefined where the member is no key for the algorithm, or a broken one. */
async function keyOf(
  member: JWK,
  algorithm: string,
  until: EpochSeconds | undefined,
): Promise<VerifyingKey | undefined> {
  const { kid: id, kty, crv, x, y, n, e } = member
  if (id !== undefined && typeof id !== 'string') return undefined
  const set: JSONWebKeySet = { keys: [member] }
  try {
    const key = await createLocalJWKSet(set)({ alg: algorithm })
    const { modulusLength = LEAST_RSA_BITS } = key.algorithm as { readonly modulusLength?: number }
    if (modulusLength < LEAST_RSA_BITS) return undefined
    return { identity: JSON.stringify([algorithm, id, until, kty, crv, x, y, n, e]), id, algorithm, key, until }
  } catch {
    return undefined
  }
}
