import type { KeySet, VerifyingKey, VerifySignature } from '../key-sets/keys.ts'
import type { KeySource } from '../key-sets/source.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Shown } from '../model/credential.ts'
import type { Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Defer, Verifier } from '../model/ports.ts'
import type { Grant, Principal, Surface } from '../model/principal.ts'
import type { ClaimRules, Claims, Times } from './jwt-claims.ts'
import { claimAt, isName, misfit, timesOf, untimely } from './jwt-claims.ts'
import type { GrantRules } from './jwt-grant.ts'
import { claimedGrant } from './jwt-grant.ts'
import type { ParsedToken } from './jwt-token.ts'
import { parseToken } from './jwt-token.ts'
import type { Proofs } from './proofs.ts'

/** What the tokens of one configured credential must be, and what they give. */
export interface JwtRules extends ClaimRules {
  /** The credential's configured name. */
  readonly name: string
  readonly algorithms: ReadonlySet<string>
  /** What `typ` may be, as `normalType` writes it. */
  readonly types: ReadonlySet<string>
  /** How far a clock may be off. */
  readonly toleranceSeconds: number
  readonly surface: Surface
  readonly ownerClaim: string | undefined
  /** What the origin is told, by name or path; those that a token has. */
  readonly toldClaims?: readonly string[] | undefined
  /** What every token may do, or which claims say so. */
  readonly grant: Grant | GrantRules
}

/** A genuine token: whose it is, when it counts, and the key that proved it. */
export interface ProvedToken {
  readonly key: VerifyingKey
  readonly times: Times
  readonly principal: Principal
}

type Outcome = Principal | Refusal

/** Of the keys that a token without a key id may be signed by, no more are tried. */
const MOST_TRIED = 10

/**
 * Verifies JSON Web Tokens (RFC 7519, RFC 8725). The form, the issuer and all else that no signature can make right come
 * first, so that no key is touched for a stranger's token. Then the signature is proved, by the issuer's keys and never by
 * one that the token brings. What was proved is remembered, and counts while its key is published: its times are judged
 * each time, and what its other claims were compared with cannot change while the process runs.
 */
export function jwt(
  rules: JwtRules,
  keys: KeySource,
  isSigned: VerifySignature,
  proved: Proofs<ProvedToken>,
): Verifier {
  const unknown = (why: string): Refusal => ({ reason: 'token-unknown', detail: `${rules.name}: ${why}` })

  function begin(shown: Shown, at: EpochSeconds, defer: Defer): Maybe<Outcome> {
    const parsed = parseToken(shown.token)
    if (typeof parsed === 'string') return unknown(parsed)
    const why = headerMisfit(parsed, rules) ?? misfit(parsed.claims, rules) ?? ownerMisfit(parsed.claims, rules)
    if (why !== undefined) return unknown(why)
    return after(keys.current(at, defer), (set) => (isRefusal(set) ? set : prove(parsed, shown, set, at, defer)))
  }

  function prove(parsed: ParsedToken, shown: Shown, set: KeySet, at: EpochSeconds, defer: Defer): Maybe<Outcome> {
    const candidates = candidatesIn(set, parsed, at)
    return after(signerAmong(candidates, shown.token), (key): Maybe<Outcome> => {
      if (key) {
        const times = timesOf(parsed.claims, rules)
        const proof = { key, times, principal: principalOf(parsed.claims, times, rules) }
        proved.add(shown.fingerprint, proof)
        return judge(proof, at)
      }
      // A key that is there and did not sign this would not do so in a newer set.
      if (parsed.keyId !== undefined && candidates.length > 0) return unknown('a wrong signature')
      return after(keys.newer(set, at, defer), (newer) => {
        if (!newer) return unknown('no key for it')
        return isRefusal(newer) ? newer : prove(parsed, shown, newer, at, defer)
      })
    })
  }

  function signerAmong(candidates: readonly VerifyingKey[], token: string, place = 0): Maybe<VerifyingKey | undefined> {
    const key = candidates[place]
    if (!key) return undefined
    return after(isSigned(key, token), (is) => (is ? key : signerAmong(candidates, token, place + 1)))
  }

  function judge({ times, principal }: ProvedToken, at: EpochSeconds): Outcome {
    const refusal = untimely(times, at, rules.toleranceSeconds)
    return refusal ? { ...refusal, principal } : principal
  }

  return {
    kind: 'jwt',
    verify(shown, { at }, defer) {
      const proof = proved.get(shown.fingerprint)
      if (!proof) return begin(shown, at, defer)
      return after(keys.current(at, defer), (set): Maybe<Outcome> => {
        if (isRefusal(set)) return set
        return set.has(proof.key) && counts(proof.key, at) ? judge(proof, at) : begin(shown, at, defer)
      })
    },
  }
}

function headerMisfit({ algorithm, type }: ParsedToken, { algorithms, types }: JwtRules): string | undefined {
  if (!algorithms.has(algorithm)) return 'another alg'
  return type === undefined || types.has(type) ? undefined : 'another typ'
}

/** Nobody is an owner without a name; and who manages keys without one manages those of all. */
function ownerMisfit(claims: Claims, { ownerClaim, surface }: JwtRules): string | undefined {
  if (ownerClaim === undefined) return undefined
  const owner = claimAt(claims, ownerClaim)
  if (owner === undefined) return surface === 'keys' ? `no ${ownerClaim}` : undefined
  return isName(owner) ? undefined : `${ownerClaim} is no text`
}

function counts({ until }: VerifyingKey, at: EpochSeconds): boolean {
  return until === undefined || at < until
}

/** A shared secret has no id: it is tried whatever the token says. */
function candidatesIn(set: KeySet, { algorithm, keyId }: ParsedToken, at: EpochSeconds): VerifyingKey[] {
  const fits = (key: VerifyingKey) =>
    key.algorithm === algorithm && counts(key, at) && (keyId === undefined || key.id === keyId || algorithm[0] === 'H')
  return Array.from(set).filter(fits).slice(0, MOST_TRIED)
}

function principalOf(claims: Claims, { expiresAt }: Times, rules: JwtRules): Principal {
  const { name, surface, ownerClaim, toldClaims, grant } = rules
  return {
    kind: 'jwt',
    credential: name,
    subject: (claims['sub'] as string | undefined) ?? '',
    owner: ownerClaim === undefined ? undefined : (claimAt(claims, ownerClaim) as string | undefined),
    surface,
    ...('type' in grant ? { grant } : claimedGrant(claims, grant)),
    claims: toldClaims && Object.fromEntries(toldClaims.map((claim) => [claim, claimAt(claims, claim)])),
    expiresAt,
  }
}
