import type { KeyName, Minted } from '../given/jwt.ts'
import { keySet, mint, publicKey } from '../given/jwt.ts'

/** What somebody makes of a token. */
export type VectorForgery =
  | 'unsigned'
  | 'two-segments'
  | 'four-segments'
  | 'five-segments'
  | 'padded'
  | 'twin'
  | 'swapped'

/**
 * A token of a row, by the keys of test/given/jwt.ts. `{ "now": -60 }` is a minute before the row's clock. The issuer is
 * `https://id.example`, the audience `orders`, the subject `user-1`, the end ten minutes later, unless it says otherwise;
 * null takes a claim or a field away.
 */
export interface VectorJwt extends Pick<Minted, 'header' | 'claims' | 'signedAs'> {
  /** A key by its name, or the value of a secret. Default `ec1`. */
  readonly by?: KeyName | { readonly secret: string }
  readonly forged?: VectorForgery
}

export interface RowJwts {
  /** Texts of a row name tokens, `{{jwt:NAME}}`, and sets of public keys, `{{jwks:ec1,rsa1}}`. */
  filled<T>(value: T): T
  readonly hidden: Readonly<Record<string, string>>
}

const NAMED = /\{\{(jwt|jwks):([^}]+)\}\}/g

/** The tokens of a row, made at its clock. */
export function rowJwts(jwts: Readonly<Record<string, VectorJwt>>, now: number): RowJwts {
  const tokens = new Map<string, string>()

  function tokenOf(name: string): string {
    const given = jwts[name]
    if (!given) throw new Error(`{{jwt:${name}}} is no token of its file`)
    const token = tokens.get(name) ?? made(given, now)
    tokens.set(name, token)
    return token
  }

  function textOf(_: string, what: string, name: string): string {
    return what === 'jwt' ? tokenOf(name) : keySet(...(name.split(',') as KeyName[]))
  }

  function filled<T>(value: T): T {
    if (typeof value === 'string') return value.replace(NAMED, textOf) as T
    if (Array.isArray(value)) return value.map(filled) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each)])) as T
  }

  return {
    filled,
    get hidden() {
      return Object.fromEntries(Array.from(tokens, ([name, token]) => [`token ${name}`, token]))
    },
  }
}

function made({ header, claims, by = 'ec1', signedAs, forged }: VectorJwt, now: number): string {
  const at = (value: unknown) => dated(value, now)
  const minted = {
    header: at(header ?? {}),
    claims: at(claims ?? {}),
    by,
    at: now,
    ...(signedAs && { signedAs }),
  } as Minted
  return forged ? forgery(mint(minted), forged, minted) : mint(minted)
}

/** Null is left out, and times are counted from the row's clock. */
function dated(value: unknown, now: number): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).map(([name, each]) => {
    if (each === null) return [name, undefined]
    if (each === '{public}') return [name, publicKey('stranger')]
    const offset = typeof each === 'object' ? (each as { now?: unknown }).now : undefined
    return [name, typeof offset === 'number' ? now + offset : each]
  })
  return Object.fromEntries(entries)
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

function forgery(token: string, forged: VectorForgery, minted: Minted): string {
  const [header, claims, proof = ''] = token.split('.')
  switch (forged) {
    case 'unsigned':
      return `${header}.${claims}.`
    case 'two-segments':
      return `${header}.${claims}`
    case 'four-segments':
      return `${token}.AA`
    case 'five-segments':
      return `${token}.AA.AA`
    case 'padded':
      return `${token}==`
    case 'twin':
      return token.slice(0, -1) + ALPHABET[ALPHABET.indexOf(proof.at(-1) as string) ^ 1]
    case 'swapped':
      return [header, mint({ ...minted, claims: { sub: 'root' } }).split('.')[1], proof].join('.')
  }
}
