import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders, RequestListener, ServerResponse } from 'node:http'
import type { KeyEvent, LatchkeyEvent, NoticeEvent } from '../../src/model/event.ts'
import type { Sink } from '../../src/model/ports.ts'
import type { WebhookOptions } from '../../src/sinks/webhook.ts'
import { webhook } from '../../src/sinks/webhook.ts'
import { bodyOf, testServer } from '../stores/server.ts'

export const REVOKED: KeyEvent = {
  type: 'key-revoked',
  time: '2026-06-01T00:00:00.000Z',
  keyId: '3a0a1B2c3D4e5F6g7',
  name: 'billing',
  owner: 'acme',
  actor: 'operator',
  until: null,
  detail: 'leaked',
}

/** 32 bytes, as Standard Webhooks writes them. */
export const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD0hmUrX3TAwQ='
export const OLDER_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='

/** What a receiver was sent. */
export interface Delivery {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A receiver of webhooks on this machine. */
export interface TestReceiver {
  readonly url: string
  /** How many requests have come. */
  count(): number
  /** The next request that nobody took yet, once it is there. */
  next(): Promise<Delivery>
  /** Answers the next requests, one each; then 204. */
  answer(...answers: readonly (number | RequestListener)[]): void
  /** Answers nothing until it is told to. */
  hold(): () => void
  stop(): Promise<void>
}

export async function testReceiver(): Promise<TestReceiver> {
  const arrivals = streamOf<Delivery>()
  const answers: (number | RequestListener)[] = []
  let held: ServerResponse[] | undefined
  let count = 0
  const { url, stop } = await testServer(async (incoming, outgoing) => {
    count++
    const { method = '', url: path = '', headers } = incoming
    arrivals.push({ method, url: path, headers, body: await bodyOf(incoming) })
    const answer = answers.shift() ?? 204
    if (held) held.push(outgoing)
    else if (typeof answer === 'number') outgoing.writeHead(answer).end()
    else answer(incoming, outgoing)
  })
  return {
    url,
    stop,
    count: () => count,
    next: arrivals.next,
    answer: (...more) => void answers.push(...more),
    hold() {
      const holding: ServerResponse[] = (held = [])
      return () => {
        held = undefined
        for (const outgoing of holding) outgoing.writeHead(204).end()
      }
    },
  }
}

/** A wait that a test ends. */
export interface Pause {
  readonly seconds: number
  /** Lets the time pass, on the clock too. */
  end(): void
}

/** A clock that stands still until a wait is ended. */
export interface TestClock {
  at: number
  readonly now: () => number
  readonly wait: (milliseconds: number) => Promise<void>
  /** The next wait that nobody took yet, once it is asked for. */
  next(): Promise<Pause>
}

export function testClock(): TestClock {
  const pauses = streamOf<Pause>()
  const clock: TestClock = {
    at: Date.parse('2026-06-01T00:00:10Z') / 1000,
    now: () => clock.at,
    wait: (milliseconds) =>
      new Promise((resolve) => {
        const seconds = milliseconds / 1000
        const ends = clock.at + seconds
        pauses.push({
          seconds,
          end() {
            clock.at = Math.max(clock.at, ends)
            resolve()
          },
        })
      }),
    next: pauses.next,
  }
  return clock
}

/** Keeps the messages of notices, and gives each to one who waits for it. */
export function testNotices(): Sink & { readonly messages: readonly string[]; next(): Promise<string> } {
  const messages: string[] = []
  const { push, next } = streamOf<string>()
  return {
    messages,
    next,
    write(event: LatchkeyEvent) {
      const { message } = event as NoticeEvent
      messages.push(message)
      push(message)
    },
  }
}

/** A webhook at a receiver, with all that it works with in the test's hand. */
export interface TestWebhook {
  readonly receiver: TestReceiver
  readonly clock: TestClock
  readonly notices: ReturnType<typeof testNotices>
  /** A sink in a process that lives on, whose time passes only as the test lets it. */
  sinkOf(options?: Partial<WebhookOptions>): Required<Sink>
  /** The notice of what did not reach the receiver: `1 event was`, and why. */
  lost(count: string, why: string): string
}

export async function testWebhook(): Promise<TestWebhook> {
  const receiver = await testReceiver()
  const clock = testClock()
  const notices = testNotices()
  const { now, wait } = clock
  const url = `${receiver.url}/hook?token=of-the-receiver`
  const usual = { url, secret: () => [SECRET], realm: 'orders', lasting: true, notices, now, wait, random: () => 0 }
  return {
    receiver,
    clock,
    notices,
    sinkOf: (options) => webhook({ ...usual, ...options }),
    lost: (count, why) => `webhook ${receiver.url}: ${count} not delivered (${why})`,
  }
}

/** Signs as Standard Webhooks has it, by nothing of what is tested. */
export function signedBy(secret: string, { headers, body }: Delivery): string {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
}

interface Stream<T> {
  push(item: T): void
  next(): Promise<T>
}

/** Items in their order, each for one who asks, whoever comes first. */
function streamOf<T>(): Stream<T> {
  const items: T[] = []
  const takers: ((item: T) => void)[] = []
  return {
    push(item) {
      const taker = takers.shift()
      if (taker) taker(item)
      else items.push(item)
    },
    next() {
      const item = items.shift()
      return item === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(item)
    },
  }
}
