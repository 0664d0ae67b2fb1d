import type { Judgement, Latchkey } from '../build.ts'
import type { Slot } from '../config.ts'
import type { IssuingSettings } from '../issuing.ts'
import { issuingOf } from '../issuing.ts'
import { ownKeyOf } from '../key-sets/own-key.ts'
import { signingKeyOf, signToken } from '../key-sets/sign.ts'
import { keyCredentials } from '../key-settings.ts'
import { TOKEN_TYPE } from '../keys/token-claims.ts'
import { memory } from '../limiters/memory.ts'
import type { Allowed } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import { StoreError } from '../model/store-error.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Issuing, Signer } from './keys/issuing.ts'
import { eachOnce, ownKeys } from './own-keys.ts'

/** What is issued with for a request. */
export type IssuingFor = (
  judgement: Judgement & { readonly snapshot: Snapshot },
  allowed: Allowed,
  defer: Defer,
) => Issuing

const WINDOW_SECONDS = 60
/** Many callers may share an address; a key needs one token in minutes. */
const MOST_ATTEMPTS = { address: 300, key: 60 } as const
const MOST_COUNTERS = 10_000

/** How a deployment issues tokens; undefined where it does not. */
export function tokenIssuing({ settings, equipped, sink }: Latchkey): IssuingFor | undefined {
  const found = issuingOf(settings)
  if (!found) return undefined
  const { issuer, audience, lifetimeSeconds, signing, published }: IssuingSettings = found
  const limiter = memory({ mostCounters: MOST_COUNTERS })
  const limited = new Set(keyCredentials(settings).flatMap(({ name, document }) => (document.limits ? [name] : [])))
  const keysIn = ownKeys(ownKeyOf, 'tokens', sink)

  return ({ access, snapshot }, { match }, defer) => {
    const { at } = access
    const keysOf = (slots: readonly Slot[]) => keysIn(slots, snapshot, at)

    async function signer(): Promise<Signer> {
      const [key] = await keysOf(signing)
      if (!key) {
        const message = `no token can be issued: set ${signing.map(({ name }) => name).join(' or ')}`
        sink.write({ type: 'notice', level: 'error', message }, defer)
        throw new StoreError('issuing', 'refused', message)
      }
      const { kid, alg } = key.publicKey
      const signingKey = await signingKeyOf(key.privateKey, alg)
      return {
        until: key.slot.until,
        sign: (claims) => signToken({ ...claims }, { alg, kid, typ: TOKEN_TYPE }, signingKey),
      }
    }

    return {
      issuer,
      audience,
      realm: settings.realm,
      lifetimeSeconds,
      isInsecure: settings.transport === 'https' && access.scheme === 'http' && !access.loopback,
      address: access.clientAddress,
      waitFor(what, whose, time) {
        const startsAt = Math.floor(time / WINDOW_SECONDS) * WINDOW_SECONDS
        const endsAt = startsAt + WINDOW_SECONDS
        try {
          const quota = { id: `${what}:${whose}`, requests: MOST_ATTEMPTS[what], startsAt, endsAt }
          return limiter.take([quota], time).allowed ? undefined : Math.ceil(endsAt - time)
        } catch {
          // Whoever fills the counters must not keep others from their tokens.
          return undefined
        }
      },
      isLimited: (credential) => limited.has(credential),
      signer,
      async publicKeys() {
        return eachOnce((await keysOf(published)).map(({ publicKey }) => publicKey))
      },
      record(principal, refusal) {
        const decision = refusal
          ? ({ allow: false, refusal, principal, match } as const)
          : ({ allow: true, principal, match, place: undefined } as const)
        equipped?.recorder?.record(decision, access, defer)
      },
      tell: (event) => sink.write(event, defer),
    }
  }
}
