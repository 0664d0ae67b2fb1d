import type { Settings, Slot } from './config.ts'
import { slotsOf } from './config.ts'
import { MOST_TOKEN_SECONDS } from './keys/token-claims.ts'
import type { EpochSeconds } from './model/access.ts'

/** How a deployment issues tokens, with every default filled in. */
export interface IssuingSettings {
  /** `iss` of its tokens. */
  readonly issuer: string
  /** `aud` of its tokens: the realm. */
  readonly audience: string
  readonly lifetimeSeconds: number
  /** The first that counts and has a value signs. */
  readonly signing: readonly Slot[]
  /** Every key that a token may be signed by, the one that is to sign next among them. */
  readonly published: readonly Slot[]
}

/** What a document says of issuing; undefined where nothing is issued. */
export function issuingOf({
  realm,
  document: { issuing },
}: Pick<Settings, 'realm' | 'document'>): IssuingSettings | undefined {
  if (!issuing) return undefined
  const { issuer, keys, next, lifetimeSeconds = MOST_TOKEN_SECONDS } = issuing
  const signing = slotsOf(keys)
  return { issuer, audience: realm, lifetimeSeconds, signing, published: [...(next ? slotsOf(next) : []), ...signing] }
}

/** Whether a slot counts at a time. */
export function slotCounts({ until }: Slot, at: EpochSeconds): boolean {
  return until === undefined || at < until
}
