import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Sink } from '../../src/model/ports.ts'
import type { WebhookOptions } from '../../src/sinks/webhook.ts'
import { NOBODY, testServer } from '../stores/server.ts'
import type { TestClock, TestReceiver } from './given.ts'
import { REVOKED, type testNotices, testWebhook } from './given.ts'

let receiver: TestReceiver
let clock: TestClock
let notices: ReturnType<typeof testNotices>
let sinkOf: (options?: Partial<WebhookOptions>) => Required<Sink>
let lost: (count: string, why: string) => string

beforeEach(async () => {
  ;({ receiver, clock, notices, sinkOf, lost } = await testWebhook())
})

afterEach(() => receiver.stop())

describe('what is lost', () => {
  test('is what comes while as much waits as may', async () => {
    const release = receiver.hold()
    const sink = sinkOf({ maxQueued: 2 })
    for (let count = 0; count < 5; count++) sink.write({ ...REVOKED })
    expect(notices.messages).toEqual([lost('1 event was', 'too many wait')])
    await receiver.next()
    release()
    await sink.flush()
    expect(receiver.count()).toBe(2)
    expect(notices.messages.slice(1)).toEqual([lost('2 events were', 'too many wait')])
  })

  test('is told at most once a minute', () => {
    const sink = sinkOf({ maxQueued: 0 })
    for (const seconds of [0, 30, 29, 1, 10]) {
      clock.at += seconds
      sink.write(REVOKED)
    }
    expect(notices.messages).toEqual([lost('1 event was', 'too many wait'), lost('3 events were', 'too many wait')])
  })

  test('is told without the path, the query and the secrets', async () => {
    receiver.answer(500, 404)
    const sink = sinkOf({ url: `${receiver.url}/T0/B0/a-path-that-is-secret?token=of-the-receiver` })
    sink.write(REVOKED)
    await clock.next()
    await sink.flush()
    expect(notices.messages).toHaveLength(1)
    expect(notices.messages.join()).not.toMatch(/secret|of-the-receiver|whsec|T0/)
    expect((await receiver.next()).body).not.toMatch(/whsec|C2FVs|of-the-receiver/)
  })

  test.each<[name: string, options: Partial<WebhookOptions>, why: string]>([
    ['nobody listens', {}, 'TypeError ECONNREFUSED'],
    ['a secret is none', { secret: () => ['whsec_short'] }, 'there is no secret to sign with'],
    [
      'the secrets cannot be asked',
      {
        secret: () => {
          throw new RangeError('a secret')
        },
      },
      'RangeError',
    ],
  ])('tells why where %s', async (_, options, why) => {
    const sink = sinkOf({ url: NOBODY, ...options })
    sink.write(REVOKED)
    await clock.next()
    await sink.flush()
    expect(notices.messages).toEqual([`webhook ${NOBODY}: 1 event was not delivered (${why})`])
  })

  test('harms nobody where it cannot be told', async () => {
    const deaf: Sink = {
      write() {
        throw new Error('deaf')
      },
    }
    receiver.answer(404)
    const sink = sinkOf({ notices: deaf })
    sink.write(REVOKED)
    await receiver.next()
    await expect(sink.flush()).resolves.toBeUndefined()
  })

  test('is an event that cannot be written as JSON', () => {
    const circular: Record<string, unknown> = { ...REVOKED }
    circular['self'] = circular
    const sink = sinkOf()
    expect(() => sink.write(circular as unknown as LatchkeyEvent)).not.toThrow()
    expect(notices.messages).toEqual([lost('1 event was', 'TypeError')])
  })
})

describe('flushing', () => {
  test('tries at once what waits, for the last time', async () => {
    receiver.answer(500, 500, 500)
    const sink = sinkOf()
    sink.write(REVOKED)
    sink.write({ ...REVOKED })
    await Promise.all([clock.next(), clock.next()])
    await sink.flush()
    expect(receiver.count()).toBe(4)
    expect(notices.messages).toEqual([lost('1 event was', 'status 500')])
  })

  test('waits ten seconds, and tells what waits still', async () => {
    const release = receiver.hold()
    const sink = sinkOf()
    for (let count = 0; count < 3; count++) sink.write({ ...REVOKED })
    const ended = sink.flush()
    const pause = await clock.next()
    expect(pause.seconds).toBe(10)
    pause.end()
    await ended
    expect(notices.messages).toEqual([lost('3 events were', 'the process ended')])
    release()
  })

  test('nothing takes no time', async () => {
    await expect(sinkOf().flush()).resolves.toBeUndefined()
  })
})

test('a receiver over a server that takes no connection is told of by its host alone', async () => {
  const { url, stop } = await testServer((incoming) => void incoming.socket.resetAndDestroy())
  const sink = sinkOf({ url: `${url}/path` })
  sink.write(REVOKED)
  await clock.next()
  await sink.flush()
  expect(notices.messages).toHaveLength(1)
  expect(notices.messages[0]).toMatch(new RegExp(`^webhook ${url}: 1 event was not delivered \\(TypeError \\w+\\)$`))
  await stop()
})

test('a process with nothing else to do ends, whatever waits', async () => {
  receiver.answer(500)
  const program = fileURLToPath(new URL('write-and-leave.ts', import.meta.url))
  await promisify(execFile)(process.execPath, [program, receiver.url])
  expect(receiver.count()).toBe(1)
})
