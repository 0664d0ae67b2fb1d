import { decode } from 'jose/base64url'
import type { IssuedFor, MarkedRecord } from '../keys/token-claims.ts'
import { endedBy } from '../keys/token-claims.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import { coveredBy } from '../lib/permission.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Verifier } from '../model/ports.ts'
import type { Grant, GrantType, Principal } from '../model/principal.ts'
import type { Claims } from './jwt-claims.ts'
import { isName } from './jwt-claims.ts'
import { orUnavailable } from './known-key.ts'

/** Finds the key that a token was issued for; undefined where it is gone. `anew`: as it is now, not as it is remembered. */
export type FindIssuer = (id: string, anew?: boolean) => Maybe<MarkedRecord | undefined>

/** A proved token, as it is judged by its key. */
interface OwnToken {
  readonly principal: Principal
  readonly issuedFor: IssuedFor
}

/**
 * Tokens that the deployment has issued itself, behind the verifier that proves them. The token says what it may do, and
 * where there is a store (`find`) its key must still be able to do it: so a token ends with its key, and with its secret.
 */
export function ownToken(jwt: Verifier, name: string, find: FindIssuer | undefined): Verifier {
  // A token that was proved before is given as the same object.
  const known = new WeakMap<Principal, OwnToken>()

  function ended({ principal, issuedFor }: OwnToken, at: EpochSeconds, anew?: boolean): Maybe<string | undefined> {
    if (!find) return undefined
    return after(find(principal.subject, anew), (key) => (key ? endedBy(issuedFor, key, at) : 'its key is deleted'))
  }

  /** The record that is remembered may be older than the token: then what is stored decides. */
  function judge(own: OwnToken, at: EpochSeconds): Maybe<Principal | Refusal> {
    const { principal } = own
    return orUnavailable(() =>
      after(ended(own, at), (before) => {
        if (before === undefined) return principal
        return after(ended(own, at, true), (why): Principal | Refusal => {
          return why === undefined ? principal : { reason: 'token-revoked', detail: `${name}: ${why}`, principal }
        })
      }),
    )
  }

  return {
    kind: 'jwt',
    verify(shown, access, defer) {
      return after(jwt.verify(shown, access, defer), (outcome): Maybe<Principal | Refusal | undefined> => {
        if (!outcome || isRefusal(outcome)) return outcome
        const own = known.get(outcome) ?? ownTokenOf(outcome, shown.token)
        if (!own) return { reason: 'token-unknown', detail: `${name}: it names no key that it was issued for` }
        known.set(outcome, own)
        return judge(own, access.at)
      })
    },
  }
}

const TYPES: ReadonlySet<unknown> = new Set<GrantType>(['full-access', 'read-only', 'custom'])

/** Reads what a token says of its key. Whatever else the same key has signed is no token of ours. */
function ownTokenOf(proved: Principal, token: string): OwnToken | undefined {
  const { latchkey_key: id, latchkey_type: type, latchkey_secret: mark, latchkey_owner: owner, scope } = claimsOf(token)
  if (id !== proved.subject || !isName(id) || !TYPES.has(type) || typeof mark !== 'string') return undefined
  if (type === 'custom' ? typeof scope !== 'string' : scope !== undefined) return undefined
  const permissions = type === 'custom' ? (scope as string).split(' ').filter(isName) : []
  const grant: Grant = { type: type as GrantType, permissions }
  const { ceiling } = proved
  const principal: Principal = {
    ...proved,
    grant,
    covered: ceiling?.type === 'custom' ? coveredBy(ceiling.permissions, permissions) : undefined,
  }
  return { principal, issuedFor: { grant, owner: owner as string | undefined, mark } }
}

/** The claims of a token that is proved. */
function claimsOf(token: string): Claims {
  return JSON.parse(new TextDecoder().decode(decode(token.split('.', 2)[1] as string)))
}
