import * as errors from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { createRemoteJWKSet } from 'jose/jwks/remote'
import { jwtVerify } from 'jose/jwt/verify'
import type { IdentityClaims } from '../../src/identity-token.ts'
import { boundTo, IDENTITY_KEYS_PATH, IDENTITY_SECONDS, IDENTITY_TYPE } from '../../src/identity-token.ts'
import { isLoopbackHost } from '../../src/lib/host.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { Identity, Shown, Unproved } from './identity.ts'

/** Where the keys are: exactly one of these. */
export type IdentityKeys =
  /** Where the gate publishes them: https, or http on loopback. */
  | { readonly url: string }
  /** A JSON Web Key Set (RFC 7517). */
  | { readonly jwks: { readonly keys: readonly object[] } }
  /** For HS256: the secrets that count, each of 32 bytes or more. */
  | { readonly secrets: readonly string[] }

export interface IdentityOptions {
  /** `identity.audience` of the gate's document. */
  readonly audience: string
  /** `identity.publicOrigin` of the gate's document. */
  readonly publicOrigin: string
  /** Default: `/_latchkey/identity/jwks.json` of the public origin. */
  readonly keys?: IdentityKeys
  /** How far a clock may be off. Default 5. */
  readonly toleranceSeconds?: number
  /** Is told why a request is refused. Default: nobody is. */
  readonly refused?: (unproved: Unproved) => void
  /** The clock, in epoch seconds. */
  readonly now?: () => EpochSeconds
}

/** Proves what a request shows. */
export type Prove<Claims> = (shown: Shown) => Promise<Identity<Claims> | Unproved>

const DEFAULT_TOLERANCE_SECONDS = 5
/** As long as the gate says that its set may be kept. */
const KEPT_MILLISECONDS = 300_000
const LEAST_BYTES = 32

/** Verifies one token by the keys, and by no algorithm but theirs (RFC 8725 3.1). */
type Verify = (token: string, options: object) => Promise<object>

/** Compiles what proves identities. Throws a `TypeError` for options by which nothing can be proved. */
export function prover<Claims>(options: IdentityOptions): Prove<Claims> {
  const { audience, publicOrigin, now = () => Date.now() / 1000 } = options
  if (typeof audience !== 'string' || audience === '') throw new TypeError('an audience is needed')
  if (!URL.canParse(publicOrigin)) throw new TypeError('the public origin is no URL')
  const { origin: issuer } = new URL(publicOrigin)
  const { keys = { url: `${issuer}/_latchkey/${IDENTITY_KEYS_PATH}` } } = options
  const verify = verifyBy(keys)
  const expected = {
    audience,
    issuer,
    typ: IDENTITY_TYPE,
    maxTokenAge: IDENTITY_SECONDS,
    clockTolerance: options.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
    requiredClaims: ['sub', 'iat', 'exp', 'jti', 'htm', 'htu', 'kind'],
  }

  return async ({ method, target, values }) => {
    const [token, ...more] = values
    if (token === undefined || token === '') return unproved('no identity')
    if (more.length > 0) return unproved('more than one identity')
    try {
      const claims = (await verify(token, { ...expected, currentDate: new Date(now() * 1000) })) as IdentityClaims
      if (claims.htm !== method) return unproved('of another method')
      const bound = boundTo(issuer, target)
      if (bound === undefined || claims.htu !== bound) return unproved('of another path')
      return identityOf<Claims>(claims)
    } catch (error) {
      const isTold = error instanceof errors.JOSEError && !UNANSWERED.has(error.code)
      return isTold ? unproved(error.code) : { reason: 'dependency-unavailable', detail: 'no keys' }
    }
  }
}

/** What jose says where a set cannot be had. */
const UNANSWERED: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'])

function unproved(detail: string): Unproved {
  return { reason: 'proxy-untrusted', detail }
}

function verifyBy(keys: IdentityKeys): Verify {
  if ('secrets' in keys) return verifyBySecrets(keys.secrets)
  const found = 'jwks' in keys ? createLocalJWKSet({ keys: [...keys.jwks.keys] as never }) : remote(keys.url)
  return async (token, options) => {
    const { payload } = await jwtVerify(
      token,
      (header, input) => {
        // A set of one key would be asked for it without its id.
        if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey()
        return found(header, input)
      },
      { ...options, algorithms: ['EdDSA'] },
    )
    return payload
  }
}

function remote(url: string): ReturnType<typeof createRemoteJWKSet> {
  const { protocol, host } = new URL(url)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host))
  if (!isSafe) throw new TypeError('keys are fetched by https, or by http on loopback')
  return createRemoteJWKSet(new URL(url), { cacheMaxAge: KEPT_MILLISECONDS })
}

/** Each in turn: a shared secret has no id. */
function verifyBySecrets(secrets: readonly string[]): Verify {
  const keys = secrets.map((secret) => new TextEncoder().encode(secret))
  if (keys.length === 0 || keys.some((key) => key.length < LEAST_BYTES)) {
    throw new TypeError(`secrets of ${LEAST_BYTES} bytes or more are needed`)
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

function identityOf<Claims>(claims: IdentityClaims): Identity<Claims> {
  const { jti: requestId, kind, permissions, sub: subject, name, type, owner, ends: expiresAt } = claims
  if (kind === 'anonymous') return { kind, requestId, permissions: [] }
  // A gate says these of everybody who is known to it.
  if (name === undefined || type === undefined) throw new errors.JWTInvalid()
  const told = claims.claims as Partial<Claims>
  return { kind, requestId, permissions, subject, name, type, owner, expiresAt, claims: told }
}
