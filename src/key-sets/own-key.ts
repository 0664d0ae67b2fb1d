import type { JWK } from 'jose'
import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import type { EpochSeconds } from '../model/access.ts'
import { KeySetRefused, keySetOf } from './key-set.ts'
import type { VerifyingKey } from './keys.ts'

/** The algorithms that a deployment signs its own tokens by. */
export type OwnAlgorithm = 'ES256' | 'EdDSA'
export const OWN_ALGORITHMS: readonly OwnAlgorithm[] = ['ES256', 'EdDSA']

/** A public key as a set holds it (RFC 7517, RFC 8037). */
export interface PublicKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y?: string
  readonly kid: string
  readonly alg: OwnAlgorithm
  readonly use: 'sig'
}

/** A key that a deployment signs by. */
export interface OwnKey {
  readonly publicKey: PublicKey
  readonly privateKey: JWK
}

/**
 * Reads a private JSON Web Key of P-256 or Ed25519. Its id is its RFC 7638 thumbprint, whatever it says itself, so that no
 * two keys have one id. Throws `KeySetRefused`, which holds nothing of the text.
 */
export async function ownKeyOf(text: string): Promise<OwnKey> {
  const { kty, crv, x, y, d, alg: named } = jwkIn(text)
  const alg: OwnAlgorithm | undefined =
    kty === 'EC' && crv === 'P-256' ? 'ES256' : kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined
  const isWhole = isText(x) && isText(d) && (alg !== 'ES256' || isText(y))
  if (!alg || !isWhole) throw new KeySetRefused('it is no private JSON Web Key of P-256 or Ed25519')
  if (named !== undefined && named !== alg && !(alg === 'EdDSA' && named === 'Ed25519')) {
    throw new KeySetRefused('it names another algorithm than its own')
  }
  const bare = { kty, crv, x, ...(alg === 'ES256' && { y }) } as JWK
  const kid = await calculateJwkThumbprint(bare)
  return { publicKey: { ...bare, kid, alg, use: 'sig' } as PublicKey, privateKey: { ...bare, d: d as string } }
}

/** The public half of a private key, as tokens are verified by it. */
export async function ownVerifyingKeys(text: string, until?: EpochSeconds): Promise<readonly VerifyingKey[]> {
  const { publicKey } = await ownKeyOf(text)
  return keySetOf(JSON.stringify({ keys: [publicKey] }), [publicKey.alg], until)
}

function jwkIn(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
