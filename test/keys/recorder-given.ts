import type { Access } from '../../src/model/access.ts'
import type { Decision, Match } from '../../src/model/decision.ts'
import type { Defer, PutOptions, Recorder, Store } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { Reason } from '../../src/model/reason.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { accessOf } from '../given/access.ts'

/** 2026-06-01T12:00:00Z. */
export const NOON = 1_780_315_200
export const TODAY = '2026-06-01'

/** An id as keys have them. */
export function keyId(number: number): string {
  return `k${String(number).padStart(16, '0')}`
}

export function principalOf(facts: Partial<Principal> = {}): Principal {
  return {
    kind: 'api-key',
    credential: 'keys',
    subject: keyId(1),
    surface: 'api',
    grant: { type: 'read-only', permissions: [] },
    slot: 0,
    ...facts,
  }
}

export function matchOf(pattern: string, path: string = pattern): Match {
  return {
    pattern,
    path,
    query: undefined,
    passage: 'judged',
    access: 'read',
    surface: 'api',
    permissions: undefined,
    credentials: undefined,
    endpoint: undefined,
  }
}

export function allowed(facts: Partial<Principal> = {}, match: Match = matchOf('/orders')): Decision {
  return { allow: true, principal: principalOf(facts), match, place: undefined }
}

/** Refused by a policy: the verifier had accepted the key. */
export function objected(reason: Reason, facts: Partial<Principal> = {}, match: Match = matchOf('/orders')): Decision {
  return { allow: false, refusal: { reason }, principal: principalOf(facts), match }
}

/** Refused by the verifier, which had proved that the key is genuine. */
export function notAccepted(reason: Reason, facts: Partial<Principal> = {}): Decision {
  const principal = principalOf(facts)
  return { allow: false, refusal: { reason, principal }, principal, match: matchOf('/orders') }
}

/** A host that keeps work alive after its replies, and whose clock a test sets. */
export class GivenHost {
  at: number = NOON
  readonly work: Promise<unknown>[] = []
  readonly now = (): number => this.at
  readonly defer: Defer = (work) => void this.work.push(work)
  readonly random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))

  record(recorder: Recorder, decision: Decision, facts: Partial<Access> = {}): void {
    recorder.record(decision, accessOf({ at: this.at, ...facts }), this.defer)
  }

  /** Waits for all deferred work. */
  async settled(): Promise<void> {
    while (this.work.length > 0) await this.work.shift()
  }
}

/** What becomes of the writes that a store is asked for. */
export const FATES = ['done', 'refused', 'done, untold', 'late', 'late, told as failed', 'late, never told'] as const
export type Fate = (typeof FATES)[number]

/** A store whose writes meet with a fate; reads and listings are as of the one below. */
export class FatefulStore implements Store {
  fate: Fate = 'done'
  /** Every write that was asked for, in order. */
  readonly asked: string[] = []
  readonly #below: Store
  #late: (() => Promise<unknown>)[] = []

  constructor(below: Store) {
    this.#below = below
  }

  readonly get: Store['get'] = (id) => this.#below.get(id)
  readonly list: Store['list'] = (query) => this.#below.list(query)
  readonly delete: Store['delete'] = (id, options) => this.#below.delete(id, options)

  async put(id: string, value: string, options?: PutOptions): ReturnType<Store['put']> {
    this.asked.push(id)
    const write = () => this.#below.put(id, value, options)
    switch (this.fate) {
      case 'done':
        return write()
      case 'refused':
        throw new StoreError('given', 'busy', 'too much at once')
      case 'done, untold':
        await write()
        throw new StoreError('given', 'slow', 'no answer in time')
      case 'late':
        return new Promise((resolve, reject) => {
          this.#late.push(() => write().then(resolve, reject))
        })
      case 'late, told as failed':
        this.#late.push(write)
        throw new StoreError('given', 'slow', 'no answer in time')
      case 'late, never told':
        this.#late.push(write)
        return new Promise(() => undefined)
    }
  }

  /** Lets all late writes arrive. */
  async arrive(): Promise<void> {
    const late = this.#late
    this.#late = []
    for (const write of late) await write()
  }
}
