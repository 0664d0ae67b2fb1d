/** Gives the claims of a token that counts, and throws else. */
export type Verify = (token: string) => Readonly<Record<string, unknown>>

interface Expected {
  readonly issuer: string
  readonly audience: string
}

/** fast-jwt with one key, and with its cache of a thousand tokens where that is asked for. */
export function fastJwt(options: Expected & { readonly pem: string; readonly cache: boolean }): Verify

/** aws-jwt-verify, which was given the key set, so that it fetches nothing. */
export function awsJwtVerify(options: Expected & { readonly jwks: object }): Verify
