import type { Judgement, Latchkey } from '../build.ts'
import { slotsOf } from '../config.ts'
import type { IdentityDocument } from '../document.ts'
import type { IdentityAlgorithm, IdentityClaims } from '../identity-token.ts'
import { boundTo, IDENTITY_SECONDS, IDENTITY_TYPE } from '../identity-token.ts'
import { slotCounts } from '../issuing.ts'
import { KeySetRefused } from '../key-sets/key-set.ts'
import type { PublicKey } from '../key-sets/own-key.ts'
import { ownKeyOf } from '../key-sets/own-key.ts'
import { sharedSecretOf } from '../key-sets/shared-secret.ts'
import type { Signing, SignPayload } from '../key-sets/signing.ts'
import { asciiJson, signingByWeb } from '../key-sets/signing.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Access, EpochSeconds } from '../model/access.ts'
import type { Allowed, Notice } from '../model/decision.ts'
import type { Principal } from '../model/principal.ts'
import type { Snapshot } from '../snapshot.ts'
import type { KeysIn } from './own-keys.ts'
import { eachOnce, ownKeys } from './own-keys.ts'

/**
 * Puts a signed identity on a request that passes, and the public keys on one that asks for them: of the key that signs, of
 * the one that is to sign next, and of those before. What nothing can sign is refused.
 */
export type Identities = (judgement: Judgement) => Maybe<Judgement>

interface Passing {
  readonly access: Access
  readonly snapshot: Snapshot
  readonly decision: Allowed
}

/** A key of a gate. */
export interface IdentityKey {
  readonly sign: SignPayload
  /** Undefined of a shared secret, which nobody is told. */
  readonly publicKey: PublicKey | undefined
}

/** What differs from request to request, and what does not from one request of a caller to the next. */
type ClaimsOf<What extends 'request' | 'caller'> = What extends 'request'
  ? Pick<IdentityClaims, RequestClaim>
  : Omit<IdentityClaims, RequestClaim>
type RequestClaim = 'iat' | 'exp' | 'jti' | 'htm' | 'htu'

type KeysInSlots = Awaited<ReturnType<KeysIn<IdentityKey>>>

/** Signs identities for a gate whose document has `identity`. */
export function identities({ settings, sink }: Latchkey, signing: Signing = signingByWeb): Identities {
  const { audience, publicOrigin, algorithm = 'EdDSA', keys, next } = settings.document.identity as IdentityDocument
  const { origin: iss } = new URL(publicOrigin)
  const signers = slotsOf(keys)
  const published = [...signers, ...(next ? slotsOf(next) : [])]
  const keysIn = ownKeys((text) => identityKeyOf(text, algorithm, signing), 'identities', sink)
  const texts = new WeakMap<Principal, string>()
  let known: { readonly snapshot: Snapshot; readonly keys: KeysInSlots } | undefined

  /** The keys of a snapshot are read once: most requests wait for nothing. */
  function signersIn(snapshot: Snapshot, at: EpochSeconds): Maybe<KeysInSlots> {
    if (known?.snapshot === snapshot) return known.keys
    return keysIn(signers, snapshot, at).then((found) => {
      known = { snapshot, keys: found }
      return found
    })
  }

  /**
   * What is said of a caller, encoded, as JSON that something more follows in: callers come back. Spaces make it as long as
   * the encoding of what follows can be written behind (RFC 4648 4).
   */
  function withCaller(principal: Allowed['principal']): string {
    const found = principal === 'anonymous' ? undefined : texts.get(principal)
    if (found !== undefined) return found
    const ofCaller: ClaimsOf<'caller'> = { iss, aud: audience, ...claimsOf(principal) }
    const json = `${asciiJson(ofCaller).slice(0, -1)},`
    const text = signing.base64url(json.padEnd(Math.ceil(json.length / 3) * 3))
    if (principal !== 'anonymous') texts.set(principal, text)
    return text
  }

  function sign({ access, snapshot, decision }: Passing): Maybe<Judgement> {
    return after(signersIn(snapshot, access.at), (found) => {
      const signer = found.find(({ slot }) => slotCounts(slot, access.at))
      const htu = boundTo(iss, access.target)
      if (!signer || htu === undefined) {
        const refusal = { reason: 'not-configured', detail: 'no key of "identity" can be used' } as const
        return { access, snapshot, decision: { allow: false, refusal, principal: undefined, match: decision.match } }
      }
      const iat = Math.floor(access.at)
      const exp = Math.min(iat + IDENTITY_SECONDS, Math.floor(signer.slot.until ?? Number.POSITIVE_INFINITY))
      const ofRequest: ClaimsOf<'request'> = { iat, exp, jti: access.requestId, htm: access.method, htu }
      const encoded = withCaller(decision.principal) + signing.base64url(asciiJson(ofRequest).slice(1))
      return after(signer.sign(encoded), (identity) => {
        return { access, snapshot, decision: { ...decision, identity } }
      })
    })
  }

  async function publish({ access, snapshot, decision }: Passing): Promise<Judgement> {
    const found = await keysIn(published, snapshot, access.at)
    const keySet = { keys: eachOnce(found.flatMap(({ publicKey }) => publicKey ?? [])) }
    return { access, snapshot, decision: { ...decision, keySet, notices: KEY_SET_FIELDS } }
  }

  return (judgement) => {
    const { access, snapshot, decision } = judgement
    if (!decision.allow || !snapshot) return judgement
    const { endpoint, passage } = decision.match
    if (endpoint === undefined) return sign({ access, snapshot, decision })
    const isAsked = endpoint === 'identity/jwks.json' && passage !== 'preflight'
    return isAsked ? publish({ access, snapshot, decision }) : judgement
  }
}

const KEY_SET_FIELDS: readonly Notice[] = [
  ['Content-Type', 'application/jwk-set+json'],
  ['Cache-Control', 'public, max-age=300'],
]

/** What is said of a caller. */
function claimsOf(principal: Allowed['principal']): Pick<IdentityClaims, 'sub' | 'kind' | 'permissions' | 'claims'> {
  if (principal === 'anonymous') return { sub: '', kind: principal, permissions: [], claims: {} }
  const { subject: sub, kind, credential: name, grant, covered, owner, expiresAt, claims = {} } = principal
  return {
    ...{ sub, kind, name, type: grant.type, permissions: covered ?? grant.permissions, claims },
    ...(owner !== undefined && { owner }),
    ...(expiresAt !== undefined && { ends: Math.floor(expiresAt) }),
  }
}

/** Reads a key that identities are signed by. Throws `KeySetRefused`, which holds nothing of the text. */
export function identityKeyOf(
  text: string,
  algorithm: IdentityAlgorithm,
  signing: Signing = signingByWeb,
): Promise<IdentityKey> {
  return algorithm === 'EdDSA' ? privateKey(text, signing) : sharedKey(text, signing)
}

async function privateKey(text: string, signing: Signing): Promise<IdentityKey> {
  const { publicKey, privateKey } = await ownKeyOf(text)
  const { alg, kid } = publicKey
  if (alg !== 'EdDSA') throw new KeySetRefused('it is no private JSON Web Key of Ed25519')
  const header = asciiJson({ alg, kid, typ: IDENTITY_TYPE })
  return { sign: await signing.eddsa(privateKey, header), publicKey }
}

async function sharedKey(text: string, signing: Signing): Promise<IdentityKey> {
  const header = asciiJson({ alg: 'HS256', typ: IDENTITY_TYPE })
  return { sign: await signing.hs256(sharedSecretOf(text), header), publicKey: undefined }
}
