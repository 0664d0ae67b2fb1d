import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { compactExpiry, stringToSign } from '../src/lib/gateway-token.ts'
import { AUDIENCE, GATEWAY, GATEWAY_KEYS, ISSUER, PERMISSION } from './document.ts'

/** An issuer of JSON Web Tokens, with one RSA key of 2048 bits. */
export interface Issuer {
  /** Its key set, as it would publish it. */
  readonly jwks: { readonly keys: readonly PublicKey[] }
  /** The same key as most are handed it. */
  readonly pem: string
  /** A token that counts for ten minutes, as an identity provider makes one; no other is the same. */
  issue(): string
}

/** A public key as hono/jwk takes it, too. */
export type PublicKey = JsonWebKey & { readonly kid: string }

const LIFETIME_SECONDS = 600

/** A new issuer. */
export function issuer(): Issuer {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'bench-2026'
  const header = part({ alg: 'RS256', typ: 'JWT', kid })
  return {
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } as PublicKey] },
    pem: publicKey.export({ format: 'pem', type: 'spki' }) as string,
    issue() {
      const now = Math.floor(Date.now() / 1000)
      const [sub, jti] = [randomUUID(), randomUUID()]
      const times = { iat: now, nbf: now, exp: now + LIFETIME_SECONDS }
      const claims = { iss: ISSUER, aud: AUDIENCE, sub, azp: 'bench', scope: `openid ${PERMISSION}`, jti, ...times }
      const text = `${header}.${part(claims)}`
      return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`
    },
  }
}

/** A token with another signature of the same form. */
export function forged(token: string): string {
  const signature = token.lastIndexOf('.') + 1
  const other = token[signature] === 'A' ? 'B' : 'A'
  return token.slice(0, signature) + other + token.slice(signature + 1)
}

/** An access token of the gateway, signed by its primary key, that ends in so many minutes and more than a week: nothing is told of it. */
export function gatewayToken(minutes: number, key: string = GATEWAY_KEYS.primary): string {
  const expiry = compactExpiry(Date.now() / 1000 + 8 * 86_400 + minutes * 60)
  const signature = createHmac('sha512', key)
    .update(stringToSign(GATEWAY, expiry, 'round-trip'))
    .digest('base64')
  return `${GATEWAY}&${expiry}&${signature}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
