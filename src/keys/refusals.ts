import { timestamps } from '../lib/time.ts'
import type { Access } from '../model/access.ts'
import type { Match } from '../model/decision.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { KeyRefusal, KeyRefusals } from './log.ts'

/** How an address is written, where one is known. */
export type AddressText = (address: string | undefined) => string | null

/** What was refused to keys and is not written yet. */
export interface RefusalBuffer {
  note(principal: Principal, reason: Reason, match: Match | undefined, access: Access): void
  /** Takes all out, by key. */
  take(): KeyRefusals[]
}

interface Buffered {
  readonly owner: string | null
  readonly refusals: KeyRefusal[]
  more: number
  lastAt: number
}

/** How many refusals of a key are written in full at once, so that a flood is one small entry; the others are counted. */
const MOST_IN_FULL = 20
/** How many keys are written of at once; the refusals of others are in the usage alone. */
const MOST_KEYS = 1000
/** Twenty refusals of such lengths fit in an entry. */
const MOST_PATH_CHARACTERS = 512
const MOST_TEXT_CHARACTERS = 128

export function refusalBuffer(addressOf: AddressText): RefusalBuffer {
  const timeOf = timestamps()
  let keys = new Map<string, Buffered>()

  function refusalOf(reason: Reason, match: Match | undefined, access: Access): KeyRefusal {
    return {
      time: timeOf(access.at),
      requestId: access.requestId.slice(0, MOST_TEXT_CHARACTERS),
      reason,
      method: access.method.slice(0, MOST_TEXT_CHARACTERS),
      route: match?.pattern.slice(0, MOST_TEXT_CHARACTERS) ?? null,
      path: match?.path.slice(0, MOST_PATH_CHARACTERS) ?? '',
      address: addressOf(access.clientAddress),
    }
  }

  return {
    note({ subject, owner = null }, reason, match, access) {
      let buffered = keys.get(subject)
      if (!buffered) {
        if (keys.size >= MOST_KEYS) return
        buffered = { owner, refusals: [], more: 0, lastAt: access.at }
        keys.set(subject, buffered)
      }
      buffered.lastAt = Math.max(buffered.lastAt, access.at)
      if (buffered.refusals.length < MOST_IN_FULL) buffered.refusals.push(refusalOf(reason, match, access))
      else buffered.more++
    },
    take() {
      const all = Array.from(keys, ([keyId, { owner, refusals, more, lastAt }]): KeyRefusals => {
        return { type: 'key-refused', time: timeOf(lastAt), keyId, owner, refusals, more }
      })
      keys = new Map()
      return all
    },
  }
}
