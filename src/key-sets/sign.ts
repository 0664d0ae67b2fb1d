import type { JWK } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { importJWK } from 'jose/key/import'
import { KeySetRefused } from './key-set.ts'

/** What signs a token: a private key, or a shared secret as bytes. */
export type SigningKey = Awaited<ReturnType<typeof importJWK>>

/** Reads a private key for an algorithm. Throws `KeySetRefused`, which holds nothing of the key. */
export async function signingKeyOf(key: JWK, algorithm: string): Promise<SigningKey> {
  try {
    return await importJWK(key, algorithm)
  } catch {
    throw new KeySetRefused(`it is no private key for ${algorithm}`)
  }
}

/** The header of a token that is signed. */
export interface SignedHeader {
  readonly alg: string
  readonly typ: string
  readonly kid?: string
}

/** A JWT in its compact form. */
export async function signToken(
  claims: Readonly<Record<string, unknown>>,
  header: SignedHeader,
  key: SigningKey,
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ ...header }).sign(key)
}
