import type { JWK, JWTVerifyGetKey } from 'jose'
import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { jwtVerify } from 'jose/jwt/verify'
import type { Identity } from './caller.ts'
import type { IdentityClaims } from './identity-token.ts'
import { boundTo, IDENTITY_SECONDS, IDENTITY_TYPE } from './identity-token.ts'
import { LEAST_SECRET_BYTES } from './key-sets/shared-secret.ts'
import type { EpochSeconds } from './model/access.ts'

/** What a request shows to prove that it passed the gate. */
export interface Shown {
  readonly method: string
  /** Path and query as they were sent. */
  readonly target: string
  /** The values of `X-Latchkey-Identity`. */
  readonly values: readonly string[]
}

/** Why a request is not answered. */
export interface Unproved {
  readonly reason: 'proxy-untrusted' | 'dependency-unavailable'
  /** For the log: holds nothing of what was shown. */
  readonly detail: string
}

/** What an identity must say to count. */
export interface Expected {
  readonly audience: string
  readonly publicOrigin: string
  readonly toleranceSeconds?: number | undefined
}

/** Verifies one token by the keys that count, and by no algorithm but theirs (RFC 8725 3.1). */
export type Verify = (token: string, options: object) => Promise<object>

/** Proves what a request shows, at a time. */
export type Prove<Claims> = (shown: Shown, verify: Verify, at: EpochSeconds) => Promise<Identity<Claims> | Unproved>

const DEFAULT_TOLERANCE_SECONDS = 5

/** Compiles what proves identities. Throws a `TypeError` where nothing could be proved. */
export function proverOf<Claims>({ audience, publicOrigin, toleranceSeconds }: Expected): Prove<Claims> {
  if (typeof audience !== 'string' || audience === '') throw new TypeError('an audience is needed')
  if (!URL.canParse(publicOrigin)) throw new TypeError('the public origin is no URL')
  const { origin: issuer } = new URL(publicOrigin)
  const expected = {
    audience,
    issuer,
    typ: IDENTITY_TYPE,
    maxTokenAge: IDENTITY_SECONDS,
    clockTolerance: toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'iat', 'exp', 'jti', 'htm', 'htu', 'kind'],
  }

  return async ({ method, target, values }, verify, at) => {
    const [token, ...more] = values
    if (token === undefined || token === '') return unproved('no identity')
    if (more.length > 0) return unproved('more than one identity')
    try {
      const claims = (await verify(token, { ...expected, currentDate: new Date(at * 1000) })) as IdentityClaims
      if (claims.htm !== method) return unproved('of another method')
      const bound = boundTo(issuer, target)
      if (bound === undefined || claims.htu !== bound) return unproved('of another path')
      return told<Claims>(claims)
    } catch (error) {
      const isTold = error instanceof errors.JOSEError && !UNANSWERED.has(error.code)
      return isTold ? unproved(error.code) : { reason: 'dependency-unavailable', detail: 'no keys' }
    }
  }
}

/** Tells what was not proved from an identity. */
export function isUnproved(value: object): value is Unproved {
  return 'reason' in value
}

/** What jose says where a set cannot be had. */
const UNANSWERED: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'])

function unproved(detail: string): Unproved {
  return { reason: 'proxy-untrusted', detail }
}

/** By public keys, each of which a token names by its id. */
export function byPublicKeys(find: JWTVerifyGetKey): Verify {
  return async (token, options) => {
    const { payload } = await jwtVerify(
      token,
      (header, input) => {
        // A set of one key would be asked for it without its id.
        if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey()
        return find(header, input)
      },
      { ...options, algorithms: ['EdDSA'] },
    )
    return payload
  }
}

/** By the public keys of a set that is at hand. */
export function bySet(keys: readonly object[]): Verify {
  return byPublicKeys(createLocalJWKSet({ keys: [...keys] as JWK[] }))
}

/** By shared secrets, each in turn: they have no ids. Throws a `TypeError` for none, and for one that is too short. */
export function bySecrets(secrets: readonly string[]): Verify {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret))
  if (keys.length === 0 || keys.some((key) => key.length < LEAST_SECRET_BYTES)) {
    throw new TypeError(`secrets of ${LEAST_SECRET_BYTES} bytes or more are needed`)
  }
  return async (token, options) => {
    let failed: unknown
    for (const key of keys) {
      try {
        return (await jwtVerify(token, key, { ...options, algorithms: ['HS256'] })).payload
      } catch (error) {
        failed = error
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break
      }
    }
    throw failed
  }
}

function told<Claims>(claims: IdentityClaims): Identity<Claims> {
  const { jti: requestId, kind, permissions, sub: subject, name, type, owner, ends: expiresAt } = claims
  if (kind === 'anonymous') return { kind, requestId, permissions: [] }
  // A gate says these of everybody who is known to it.
  if (name === undefined || type === undefined) throw new errors.JWTInvalid()
  return {
    kind,
    requestId,
    permissions,
    subject,
    name,
    type,
    owner,
    expiresAt,
    claims: claims.claims as Partial<Claims>,
  }
}
