import type { RequestListener } from 'node:http'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Sink } from '../../src/model/ports.ts'
import type { WebhookOptions } from '../../src/sinks/webhook.ts'
import type { TestClock, TestReceiver } from './given.ts'
import { OLDER_SECRET, REVOKED, SECRET, signedBy, testNotices, testReceiver, testWebhook } from './given.ts'

let receiver: TestReceiver
let clock: TestClock
let notices: ReturnType<typeof testNotices>
let sinkOf: (options?: Partial<WebhookOptions>) => Required<Sink>
let lost: (count: string, why: string) => string

beforeEach(async () => {
  ;({ receiver, clock, notices, sinkOf, lost } = await testWebhook())
})

afterEach(() => receiver.stop())

describe('another attempt', () => {
  const silent: RequestListener = () => undefined
  const broken: RequestListener = (incoming) => void incoming.socket.destroy()
  const stalled: RequestListener = (_, outgoing) => outgoing.writeProcessing()

  test.each<[name: string, answer: number | RequestListener]>([
    ['status 500', 500],
    ['status 503', 503],
    ['status 408', 408],
    ['status 429', 429],
    ['no answer', silent],
    ['an answer that never becomes one', stalled],
    ['a connection that breaks', broken],
  ])('follows %s: the same under the same id, signed anew', async (_, answer) => {
    receiver.answer(answer)
    const secrets = [OLDER_SECRET]
    const sink = sinkOf({ patienceMilliseconds: typeof answer === 'number' ? 5000 : 50, secret: () => secrets })
    sink.write(REVOKED)
    const first = await receiver.next()
    const pause = await clock.next()
    secrets.unshift(SECRET)
    clock.at += 60
    pause.end()
    const second = await receiver.next()
    expect(second.body).toBe(first.body)
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
    expect(second.headers['webhook-timestamp']).toBe(String(clock.at))
    expect(first.headers['webhook-signature']).toBe(signedBy(OLDER_SECRET, first))
    expect(second.headers['webhook-signature']).toBe(`${signedBy(SECRET, second)} ${signedBy(OLDER_SECRET, second)}`)
    await sink.flush()
    expect(notices.messages).toEqual([])
  })

  test.each([
    [400, 'status 400'],
    [401, 'status 401'],
    [404, 'status 404'],
    [413, 'status 413'],
  ])('does not follow status %i', async (status, why) => {
    receiver.answer(status)
    const sink = sinkOf()
    sink.write(REVOKED)
    await receiver.next()
    await sink.flush()
    expect(receiver.count()).toBe(1)
    expect(notices.messages).toEqual([lost('1 event was', why)])
  })

  test('does not follow a redirect, nor is one followed', async () => {
    const elsewhere = await testReceiver()
    receiver.answer((_, outgoing) => outgoing.writeHead(307, { Location: elsewhere.url }).end())
    const sink = sinkOf()
    sink.write(REVOKED)
    await receiver.next()
    await sink.flush()
    expect([receiver.count(), elsewhere.count()]).toEqual([1, 0])
    expect(notices.messages).toEqual([lost('1 event was', 'status 307, and no redirect is followed')])
    await elsewhere.stop()
  })

  test('comes later each time, for an hour', async () => {
    receiver.answer(...Array.from({ length: 20 }, () => 500))
    const began = clock.at
    sinkOf().write(REVOKED)
    const pauses: number[] = []
    for (let count = 0; count < 14; count++) {
      const { seconds, end } = await clock.next()
      pauses.push(seconds)
      end()
    }
    expect(await notices.next()).toBe(lost('1 event was', 'status 500'))
    expect(receiver.count()).toBe(15)
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 450, 450, 450, 450])
    expect(clock.at - began).toBeLessThan(3600)
  })

  test('comes at another time for each of many events', async () => {
    receiver.answer(500, 500)
    const draws = [0, 0.9]
    const sink = sinkOf({ random: () => draws.shift() ?? 0 })
    sink.write(REVOKED)
    sink.write({ ...REVOKED })
    expect([(await clock.next()).seconds, (await clock.next()).seconds]).toEqual([0.5, 0.95])
  })
})

describe('410 Gone', () => {
  test('ends all that waits, and nothing more is sent there', async () => {
    receiver.answer(500, 410)
    const sink = sinkOf()
    sink.write(REVOKED)
    await clock.next()
    sink.write({ ...REVOKED })
    const why = 'it answered 410 Gone: nothing more is sent there until the next start'
    expect(await notices.next()).toBe(lost('1 event was', why))
    await sink.flush()
    clock.at += 3600
    sink.write(REVOKED)
    expect(receiver.count()).toBe(2)
    expect(notices.messages.slice(1)).toEqual([lost('1 event was', why), lost('1 event was', why)])
  })

  test('ends at once what waits for another attempt', async () => {
    receiver.answer(500, 410)
    const works: Promise<unknown>[] = []
    const sink = sinkOf({ lasting: false })
    const defer = (work: Promise<unknown>) => works.push(work)
    sink.write(REVOKED, defer)
    await clock.next()
    sink.write({ ...REVOKED }, defer)
    await Promise.all(works)
    expect(receiver.count()).toBe(2)
  })
})

describe('Retry-After', () => {
  function later(field: string): RequestListener {
    return (_, outgoing) => outgoing.writeHead(503, { 'Retry-After': field }).end()
  }

  test.each<[field: string, seconds: number]>([
    ['120', 120],
    ['Mon, 01 Jun 2026 00:01:10 GMT', 60],
    ['Mon, 01 Jun 2020 00:00:00 GMT', 0.5],
    ['0', 0.5],
    ['86400', 900],
    ['soon', 0.5],
    ['-5', 0.5],
    ['1e9', 0.5],
  ])('of %j makes the next attempt wait %s seconds', async (field, seconds) => {
    receiver.answer(later(field))
    sinkOf().write(REVOKED)
    expect((await clock.next()).seconds).toBe(seconds)
  })

  test('holds for what waits for its turn', async () => {
    const silent: RequestListener = () => undefined
    const answerFirst = new Promise<() => void>((resolve) => {
      receiver.answer((...exchange) => resolve(() => later('120')(...exchange)), silent, silent, silent)
    })
    const sink = sinkOf()
    for (let count = 0; count < 5; count++) sink.write({ ...REVOKED })
    for (let count = 0; count < 4; count++) await receiver.next()
    ;(await answerFirst)()
    const pauses = [await clock.next(), await clock.next()]
    expect(pauses.map(({ seconds }) => seconds)).toEqual([120, 120])
    expect(receiver.count()).toBe(4)
  })

  test('holds for every event', async () => {
    receiver.answer(later('120'))
    const sink = sinkOf()
    sink.write(REVOKED)
    await clock.next()
    clock.at += 20
    sink.write({ ...REVOKED })
    expect((await clock.next()).seconds).toBe(100)
    expect(receiver.count()).toBe(1)
  })
})

test('whatever is answered, a delivery ends in its time, in at most 15 attempts and with the truth', async () => {
  const answers = fc.array(
    fc.record({
      status: fc.constantFrom(200, 204, 301, 400, 408, 410, 429, 500, 503),
      retryAfter: fc.option(fc.oneof(fc.nat(4000).map(String), fc.constantFrom('soon', '-1', ''))),
      took: fc.nat(5),
    }),
    { maxLength: 20 },
  )
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  await fc.assert(
    fc.asyncProperty(answers, draw, fc.boolean(), async (given, drawn, lasting) => {
      const began = clock.at
      const statuses: number[] = []
      const told = testNotices()
      let delivered: () => void = () => undefined
      const ended = Promise.race([told.next(), new Promise<void>((resolve) => (delivered = resolve))])
      const sink = sinkOf({
        notices: told,
        lasting,
        random: () => drawn,
        wait: async (milliseconds) => void (clock.at += milliseconds / 1000),
        fetch: async () => {
          const { status, retryAfter, took } = given[statuses.length] ?? { status: 500, retryAfter: null, took: 5 }
          clock.at += took
          statuses.push(status)
          if (status < 300) delivered()
          return new Response(null, { status, headers: retryAfter === null ? {} : { 'Retry-After': retryAfter } })
        },
      })
      sink.write({ ...REVOKED }, () => undefined)
      await ended
      expect(statuses.length).toBeLessThanOrEqual(15)
      expect(clock.at - began).toBeLessThanOrEqual(lasting ? 3605 : 30)
      const isDelivered = (statuses.at(-1) ?? 500) < 300
      expect(told.messages.length).toBe(isDelivered ? 0 : 1)
      expect(statuses.slice(0, -1).every((status) => [408, 429, 500, 503].includes(status))).toBe(true)
    }),
  )
})
