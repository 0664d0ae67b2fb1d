import type { EpochSeconds } from '../model/access.ts'
import type { Endpoint, Message } from './attempt.ts'
import { attempt, GONE } from './attempt.ts'

/** How many attempts run at once: a Worker's request may hold six connections, and needs some for itself. */
const AT_ONCE = 4
/** With the longest pause they take about an hour. */
const MOST_ATTEMPTS = 15
const LONGEST_PAUSE_SECONDS = 900
const ASKED_FOR_TIME = 'it asked for more time'

/** What the deliveries of a webhook know of its receiver, whatever keeps them alive. Plain values, as requests share it. */
export interface Receiver {
  isGone: boolean
  /** Nothing is sent before: what it asked for by `Retry-After`. */
  quietUntil: EpochSeconds
}

/** What a lane works with. */
export interface Means {
  readonly endpoint: Endpoint
  readonly receiver: Receiver
  readonly now: () => EpochSeconds
  /** Draws from [0, 1), to spread attempts. */
  readonly random: () => number
  readonly wait: (milliseconds: number) => Promise<void>
  readonly patienceMilliseconds: number
}

/**
 * Deliveries that live as long as each other: those of a process, or those of one request. Requests of a Worker must not
 * wait for each other, as one may end with all that it has begun.
 */
export interface Lane {
  /** Delivers, with as many attempts as it takes until then. Tells why where it could not; never rejects. */
  deliver(message: Message, until: EpochSeconds): Promise<string | undefined>
  /** Whatever waits is tried now, and for the last time. */
  finish(): void
}

export function lane({ endpoint, receiver, now, random, wait, patienceMilliseconds }: Means): Lane {
  const turns = turnsOf(AT_ONCE)
  const asleep = new Set<() => void>()
  let isLast = false

  /** Before attempt `number`, which is 0 for the first one. */
  function pause(number: number): number {
    const backOff = number === 0 ? 0 : Math.min(2 ** (number - 1), LONGEST_PAUSE_SECONDS) * (0.5 + random() / 2)
    return Math.max(backOff, receiver.quietUntil - now())
  }

  async function sleep(seconds: number): Promise<void> {
    if (seconds <= 0 || isLast) return
    await new Promise<void>((resolve) => {
      const wake = () => {
        asleep.delete(wake)
        resolve()
      }
      asleep.add(wake)
      wait(seconds * 1000).then(wake, wake)
    })
  }

  function wakeAll(): void {
    for (const wake of asleep) wake()
  }

  async function tried(message: Message, until: EpochSeconds): ReturnType<typeof attempt> {
    await turns.take()
    try {
      const left = Math.ceil((until - now()) * 1000)
      if (receiver.isGone) return { kind: 'refused', why: GONE }
      if (left <= 0) return { kind: 'refused', why: 'too many waited before it' }
      // Another delivery was told so while this one waited for its turn.
      if (!isLast && receiver.quietUntil > now()) return { kind: 'failed', why: ASKED_FOR_TIME }
      return await attempt(message, endpoint, now(), Math.min(patienceMilliseconds, left))
    } finally {
      turns.give()
    }
  }

  return {
    async deliver(message, until) {
      let why = ASKED_FOR_TIME
      for (let number = 0; number < MOST_ATTEMPTS; number++) {
        const seconds = pause(number)
        if (now() + seconds >= until) return why
        await sleep(seconds)
        const outcome = await tried(message, until)
        if (outcome.kind === 'delivered') return undefined
        why = outcome.why
        if (outcome.kind === 'gone') {
          receiver.isGone = true
          wakeAll()
        }
        if (outcome.kind !== 'failed' || isLast) return why
        const quiet = Math.min(outcome.retryAfterSeconds ?? 0, LONGEST_PAUSE_SECONDS)
        receiver.quietUntil = Math.max(receiver.quietUntil, now() + quiet)
      }
      return why
    },
    finish() {
      isLast = true
      wakeAll()
    },
  }
}

interface Turns {
  take(): Promise<void>
  give(): void
}

/** So many at once; the others in the order in which they came. */
function turnsOf(most: number): Turns {
  const waiting: (() => void)[] = []
  let taken = 0
  return {
    async take() {
      if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve))
      else taken++
    },
    give() {
      const next = waiting.shift()
      if (next) next()
      else taken--
    },
  }
}
