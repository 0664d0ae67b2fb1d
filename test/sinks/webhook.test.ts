import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Sink } from '../../src/model/ports.ts'
import type { WebhookOptions } from '../../src/sinks/webhook.ts'
import { isWebhookUrl } from '../../src/sinks/webhook.ts'
import type { TestClock, TestReceiver } from './given.ts'
import { OLDER_SECRET, REVOKED, SECRET, signedBy, type testNotices, testWebhook } from './given.ts'

let receiver: TestReceiver
let clock: TestClock
let notices: ReturnType<typeof testNotices>
let sinkOf: (options?: Partial<WebhookOptions>) => Required<Sink>
let lost: (count: string, why: string) => string

beforeEach(async () => {
  ;({ receiver, clock, notices, sinkOf, lost } = await testWebhook())
})

afterEach(() => receiver.stop())

describe('a delivery', () => {
  test('is a signed CloudEvent', async () => {
    sinkOf().write(REVOKED)
    const delivery = await receiver.next()
    const { method, url, headers, body } = delivery
    expect({ method, url }).toEqual({ method: 'POST', url: '/hook?token=of-the-receiver' })
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json',
      'user-agent': 'latchkey',
      'webhook-timestamp': String(clock.at),
      'webhook-signature': signedBy(SECRET, delivery),
    })
    const envelope = JSON.parse(body) as Record<string, unknown>
    expect(envelope).toMatchObject({ source: 'urn:latchkey:orders', type: 'dev.latchkey.key-revoked', data: REVOKED })
    expect(headers['webhook-id']).toBe(envelope['id'])
  })

  test('has a signature by each secret that counts', async () => {
    sinkOf({ secret: () => [SECRET, OLDER_SECRET] }).write(REVOKED)
    const delivery = await receiver.next()
    const expected = [SECRET, OLDER_SECRET].map((secret) => signedBy(secret, delivery)).join(' ')
    expect(delivery.headers['webhook-signature']).toBe(expected)
  })

  test('is not attempted without a secret, and is once there is one', async () => {
    let secrets: readonly string[] = []
    sinkOf({ secret: () => secrets }).write(REVOKED)
    const pause = await clock.next()
    expect(receiver.count()).toBe(0)
    secrets = [SECRET]
    pause.end()
    const delivery = await receiver.next()
    expect(delivery.headers['webhook-signature']).toBe(signedBy(SECRET, delivery))
  })

  test('is waited for by nobody who writes', () => {
    const release = receiver.hold()
    expect(sinkOf().write(REVOKED)).toBeUndefined()
    release()
  })

  test('ends with the status, however long the body is', async () => {
    const closed = new Promise<void>((resolve) => {
      receiver.answer((_, outgoing) => {
        outgoing.on('close', resolve).writeHead(200)
        const more = () => void (outgoing.destroyed || outgoing.write('x'.repeat(65_536), more))
        more()
      })
    })
    // Of what is patient for long the answer's end cannot be the end of the patience.
    const sink = sinkOf({ patienceMilliseconds: 60_000 })
    sink.write(REVOKED)
    await Promise.all([closed, sink.flush()])
    expect(receiver.count()).toBe(1)
    expect(notices.messages).toEqual([])
  })

  test('reads nothing of the body, and lets go of it', async () => {
    const cancelled = new Promise<void>((resolve) => {
      const body = new ReadableStream({ cancel: () => resolve() })
      sinkOf({ fetch: async () => new Response(body) }).write(REVOKED)
    })
    await expect(cancelled).resolves.toBeUndefined()
  })
})

describe('at once', () => {
  test('four attempts run, and the others after them', async () => {
    const release = receiver.hold()
    const sink = sinkOf()
    for (let count = 0; count < 10; count++) sink.write({ ...REVOKED })
    for (let count = 0; count < 4; count++) await receiver.next()
    const ended = sink.flush()
    expect(receiver.count()).toBe(4)
    release()
    await ended
    expect(receiver.count()).toBe(10)
    expect(notices.messages).toEqual([])
  })

  test('what has waited for too long for its turn is lost', async () => {
    const release = receiver.hold()
    const sink = sinkOf()
    for (let count = 0; count < 5; count++) sink.write({ ...REVOKED })
    for (let count = 0; count < 4; count++) await receiver.next()
    clock.at += 3600
    release()
    await sink.flush()
    expect(receiver.count()).toBe(4)
    expect(notices.messages).toEqual([lost('1 event was', 'too many waited before it')])
  })
})

describe('only wanted types', () => {
  const decision = { type: 'decision', keyId: null, time: REVOKED.time } as LatchkeyEvent
  const notice: LatchkeyEvent = { type: 'notice', level: 'warn', message: 'a' }

  test.each<[types: readonly string[] | undefined, sent: readonly LatchkeyEvent[]]>([
    [undefined, [notice, REVOKED]],
    [['key-*'], [REVOKED]],
    [['decision'], [decision]],
  ])('of %j are sent', async (types, sent) => {
    const sink = sinkOf(types ? { types } : {})
    for (const event of [decision, notice, REVOKED]) sink.write(event)
    await sink.flush()
    const bodies = await Promise.all(sent.map(async () => (await receiver.next()).body))
    const data = bodies.map((body) => (JSON.parse(body) as { data: LatchkeyEvent }).data)
    expect(receiver.count()).toBe(sent.length)
    expect(data).toEqual(expect.arrayContaining([...sent]))
  })
})

describe('where a process ends with the reply', () => {
  test('a delivery is given to what keeps it alive', async () => {
    const works: Promise<unknown>[] = []
    sinkOf({ lasting: false }).write(REVOKED, (work) => works.push(work))
    await Promise.all(works)
    expect([works.length, receiver.count()]).toEqual([1, 1])
  })

  test('what is written without a defer is given to the one of the sink', async () => {
    const works: Promise<unknown>[] = []
    sinkOf({ lasting: false, defer: (work) => works.push(work) }).write(REVOKED)
    await Promise.all(works)
    expect([works.length, receiver.count()]).toEqual([1, 1])
  })

  test('it is tried for 25 seconds', async () => {
    receiver.answer(...Array.from({ length: 20 }, () => 503))
    const works: Promise<unknown>[] = []
    sinkOf({ lasting: false, random: () => 0.999 }).write(REVOKED, (work) => works.push(work))
    const pauses: number[] = []
    for (let count = 0; count < 4; count++) {
      const { seconds, end } = await clock.next()
      pauses.push(Math.round(seconds))
      end()
    }
    await expect(Promise.all(works)).resolves.toEqual([undefined])
    expect(pauses).toEqual([1, 2, 4, 8])
    expect(receiver.count()).toBe(5)
    expect(notices.messages).toEqual([lost('1 event was', 'status 503')])
  })

  test('no attempt lasts longer than that', async () => {
    receiver.answer(503, () => undefined)
    const works: Promise<unknown>[] = []
    sinkOf({ lasting: false, patienceMilliseconds: 60_000 }).write(REVOKED, (work) => works.push(work))
    const pause = await clock.next()
    clock.at += 24.95
    pause.end()
    await Promise.all(works)
    expect(receiver.count()).toBe(2)
    expect(notices.messages).toEqual([lost('1 event was', 'no answer in time')])
  })

  test('one that is asked to wait longer is lost', async () => {
    receiver.answer((_, outgoing) => outgoing.writeHead(429, { 'Retry-After': '60' }).end())
    const works: Promise<unknown>[] = []
    const sink = sinkOf({ lasting: false })
    sink.write(REVOKED, (work) => works.push(work))
    await Promise.all(works)
    sink.write(REVOKED, (work) => works.push(work))
    await Promise.all(works)
    clock.at += 60
    sink.write(REVOKED, (work) => works.push(work))
    await Promise.all(works)
    expect(receiver.count()).toBe(2)
    expect(notices.messages).toEqual([lost('1 event was', 'status 429'), lost('1 event was', 'it asked for more time')])
  })

  test('the deliveries of one request wait for none of another', async () => {
    const release = receiver.hold()
    const works: Promise<unknown>[] = []
    const sink = sinkOf({ lasting: false })
    const [first, second] = [(work: Promise<unknown>) => works.push(work), (work: Promise<unknown>) => works.push(work)]
    for (let count = 0; count < 6; count++) sink.write({ ...REVOKED }, first)
    for (let count = 0; count < 4; count++) await receiver.next()
    sink.write({ ...REVOKED }, second)
    await receiver.next()
    expect(receiver.count()).toBe(5)
    release()
    await Promise.all(works)
    expect(receiver.count()).toBe(7)
  })

  test('what a request took with it is forgotten after its time', () => {
    const sink = sinkOf({ lasting: false, maxQueued: 1, fetch: () => new Promise(() => undefined) })
    const works: Promise<unknown>[] = []
    for (const seconds of [0, 25, 1]) {
      clock.at += seconds
      sink.write({ ...REVOKED }, (work) => works.push(work))
    }
    expect(works).toHaveLength(2)
    expect(notices.messages).toEqual([lost('1 event was', 'too many wait')])
  })

  test('a defer that throws harms nobody', () => {
    const sink = sinkOf({ lasting: false })
    expect(() =>
      sink.write(REVOKED, () => {
        throw new TypeError('this request has ended')
      }),
    ).not.toThrow()
    expect(notices.messages).toEqual([lost('1 event was', 'TypeError')])
  })
})

describe('a URL', () => {
  test.each<[url: string, isTaken: boolean]>([
    ['https://hooks.example/latchkey', true],
    ['https://hooks.example:8443/a?b=c', true],
    ['http://127.0.0.1:9000/hook', true],
    ['http://[::1]:9000/', true],
    ['http://localhost/', true],
    ['http://hooks.example/', false],
    ['http://127.0.0.1.example/', false],
    ['https://user:password@hooks.example/', false],
    ['https://user@hooks.example/', false],
    ['https://hooks.example/#part', false],
    ['ftp://hooks.example/', false],
    ['hooks.example', false],
    ['', false],
  ])('%j is taken: %s', (url, isTaken) => {
    expect(isWebhookUrl(url)).toBe(isTaken)
    const make = () => sinkOf({ url })
    if (isTaken) expect(make).not.toThrow()
    else expect(make).toThrow(new TypeError('the URL of a webhook begins with https:// and names no user'))
  })
})
