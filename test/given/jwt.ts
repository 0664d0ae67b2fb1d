import type { JsonWebKey } from 'node:crypto'
import { createHmac, createPrivateKey, sign as signWith } from 'node:crypto'
import keys from './jwt-keys.json' with { type: 'json' }

/** The keys of the tests, which protect nothing: private ones, each by the name that is its id. */
export const KEYS: Readonly<Record<keyof typeof keys, JsonWebKey>> = keys
export type KeyName = keyof typeof keys

export const ISSUER = 'https://id.example'

/** How a token is made; whatever is not said is as it should be. */
export interface Minted {
  /** Laid over `alg`, `kid` and `typ` of the key; undefined takes one away. A text stands as it is. */
  readonly header?: object | string
  /** Laid over good claims. A text stands as it is. */
  readonly claims?: object | string
  /** Who signs: a key by its name, or a shared secret. Default `ec1`. */
  readonly by?: KeyName | { readonly secret: string | Uint8Array }
  /** How it is really signed, whatever the header says. */
  readonly signedAs?: string
  readonly at?: number
}

/** The public half of a key, with members laid over it. */
export function publicKey(name: KeyName, more: object = {}): JsonWebKey {
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...rest } = KEYS[name]
  return { ...rest, ...more }
}

/** A JSON Web Key Set as text. */
export function keySet(...members: (KeyName | object)[]): string {
  return JSON.stringify({ keys: members.map((each) => (typeof each === 'string' ? publicKey(each) : each)) })
}

const ALGORITHMS: Readonly<Record<KeyName, string>> = {
  ec1: 'ES256',
  ec2: 'ES256',
  stranger: 'ES256',
  ec384: 'ES384',
  ec521: 'ES512',
  rsa1: 'RS256',
  short: 'RS256',
  ed1: 'EdDSA',
}

/** Makes a token: of `ec1`, for `orders`, from now for ten minutes, unless it is said otherwise. */
export function mint({ header = {}, claims = {}, by = 'ec1', signedAs, at = 1_780_272_000 }: Minted = {}): string {
  const algorithm = typeof by === 'string' ? ALGORITHMS[by] : 'HS256'
  const head = { alg: signedAs ?? algorithm, ...(typeof by === 'string' && { kid: by }), typ: 'JWT' }
  const body = { iss: ISSUER, aud: 'orders', sub: 'user-1', iat: at, exp: at + 600, scope: 'orders.read orders.write' }
  const input = [textOf(header, head), textOf(claims, body)].map((each) => base64url(each)).join('.')
  return `${input}.${base64url(signature(input, signedAs ?? algorithm, by))}`
}

/** What a token's bytes are signed to. */
export function signature(input: string, algorithm: string, by: KeyName | { secret: string | Uint8Array }): Buffer {
  const hash = algorithm === 'EdDSA' ? undefined : `sha${algorithm.slice(2)}`
  if (typeof by === 'object')
    return createHmac(hash as string, by.secret)
      .update(input)
      .digest()
  const key = createPrivateKey({ key: KEYS[by], format: 'jwk' })
  if (algorithm.startsWith('ES')) return signWith(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  const saltLength = Number(algorithm.slice(2)) / 8
  if (algorithm.startsWith('PS')) return signWith(hash, Buffer.from(input), { key, padding: 6, saltLength })
  return signWith(hash, Buffer.from(input), key)
}

export function base64url(data: string | Uint8Array): string {
  return Buffer.from(data as string).toString('base64url')
}

function textOf(given: object | string, standard: object): string {
  return typeof given === 'string' ? given : JSON.stringify({ ...standard, ...given })
}
