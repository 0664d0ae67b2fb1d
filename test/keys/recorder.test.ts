import { beforeEach, describe, expect, test } from 'vitest'
import { keyLog } from '../../src/keys/log.ts'
import { encodeRecord } from '../../src/keys/record.ts'
import type { RecorderParts } from '../../src/keys/recorder.ts'
import { recorder } from '../../src/keys/recorder.ts'
import { usageOf } from '../../src/keys/usage.ts'
import { lastUsed } from '../../src/keys/used.ts'
import type { KeyEvent } from '../../src/model/event.ts'
import type { Recorder } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { memory } from '../../src/stores/memory.ts'
import { accessOf } from '../given/access.ts'
import {
  allowed,
  FatefulStore,
  GivenHost,
  keyId,
  matchOf,
  NOON,
  notAccepted,
  objected,
  TODAY,
} from './recorder-given.ts'

let host: GivenHost
let store: FatefulStore
let sink: ReturnType<typeof memorySink>

beforeEach(() => {
  host = new GivenHost()
  store = new FatefulStore(memory({ now: host.now }))
  sink = memorySink()
})

function recording(parts: Partial<RecorderParts> = {}): Recorder {
  const { now, random } = host
  return recorder({ store, sink, now, random, log: keyLog({ store, random }), ...parts })
}

async function rows() {
  return (await usageOf(store, { from: TODAY, to: TODAY })).rows
}

/** How many requests the store knows of. */
async function stored(from = TODAY, to = TODAY): Promise<number> {
  const { rows } = await usageOf(store, { from, to })
  return rows.flatMap(({ allowed, refused }) => [allowed, ...Object.values(refused)]).reduce((sum, n) => sum + n, 0)
}

const notices = () => sink.events.filter(({ type }) => type === 'notice')
const told = (type: KeyEvent['type']) => sink.events.filter((event) => event.type === type)

describe('what is counted', () => {
  test('allowed requests, refused ones by reason, routes, first and last seen', async () => {
    const keys = recording()
    host.record(keys, allowed({ owner: 'acme' }))
    host.at += 1
    host.record(keys, objected('permission-missing', { owner: 'acme' }, matchOf('/admin/*')))
    host.at += 1
    host.record(keys, notAccepted('token-revoked', { owner: 'acme' }))
    await keys.flush()
    expect(await rows()).toEqual([
      {
        key: keyId(1),
        owner: 'acme',
        day: TODAY,
        allowed: 1,
        refused: { 'permission-missing': 1, 'token-revoked': 1 },
        routes: { '/orders': 2, '/admin/*': 1 },
        firstSeen: NOON,
        lastSeen: NOON + 2,
      },
    ])
  })

  test('nothing of who is anonymous, of other credentials, and of tokens that nothing proves', async () => {
    const keys = recording()
    const match = matchOf('/orders')
    host.record(keys, { allow: true, principal: 'anonymous', match, place: undefined })
    host.record(keys, allowed({ kind: 'static-token', subject: 'partner' }))
    host.record(keys, { allow: false, refusal: { reason: 'token-unknown' }, principal: undefined, match })
    await keys.flush()
    expect(store.asked).toEqual([])
  })

  test('a key that changes its owner, or the day, apart', async () => {
    const keys = recording()
    host.record(keys, allowed())
    host.record(keys, allowed({ owner: 'acme' }))
    host.at += 86_400
    host.record(keys, allowed({ owner: 'acme' }))
    await keys.flush()
    const { rows } = await usageOf(store, { from: TODAY, to: '2026-06-02' })
    expect(rows).toMatchObject([
      { owner: null, day: TODAY, allowed: 1 },
      { owner: 'acme', day: TODAY, allowed: 1 },
      { owner: 'acme', day: '2026-06-02', allowed: 1 },
    ])
  })

  test('fifty routes a key and day, and the others together', async () => {
    const keys = recording()
    for (let route = 0; route < 60; route++) host.record(keys, allowed({}, matchOf(`/${route}`)))
    await keys.flush()
    for (let route = 40; route < 80; route++) host.record(keys, allowed({}, matchOf(`/${route}`)))
    await keys.flush()
    const [row] = await rows()
    expect(Object.keys(row?.routes ?? {})).toHaveLength(51)
    expect(row?.routes).toMatchObject({ '/0': 1, '/45': 2, other: 40 })
  })
})

describe('when it is written', () => {
  test('with the first request after ten seconds, however few there were', async () => {
    const keys = recording()
    host.record(keys, allowed())
    host.at += 9.9
    host.record(keys, allowed())
    expect(host.work).toEqual([])
    host.at += 0.1
    host.record(keys, { allow: true, principal: 'anonymous', match: matchOf('/'), place: undefined })
    await host.settled()
    expect(await stored()).toBe(2)
  })

  test('with the thousandth request, however soon it comes', async () => {
    const keys = recording()
    for (let request = 0; request < 999; request++) host.record(keys, allowed())
    expect(host.work).toEqual([])
    host.record(keys, allowed())
    await host.settled()
    expect(await stored()).toBe(1000)
  })

  test('no sooner than a second after the last time: some stores take no more writes of an entry', async () => {
    const keys = recording({ flushEvents: 1 })
    for (let request = 0; request < 20; request++) {
      host.record(keys, allowed())
      await host.settled()
      host.at += 0.25
    }
    expect(store.asked.filter((id) => id.startsWith('usage:'))).toHaveLength(5)
  })

  test('at the end of a process', async () => {
    const keys = recording()
    host.record(keys, allowed())
    await keys.flush()
    expect(await stored()).toBe(1)
  })

  test('after ten seconds without another request, where the host lets work wait', async () => {
    const waits: (() => void)[] = []
    const wait = (seconds: number) =>
      new Promise<void>((resolve) => {
        expect(seconds).toBe(10)
        waits.push(resolve)
      })
    const keys = recording({ wait })
    host.record(keys, allowed())
    host.record(keys, allowed())
    expect(waits).toHaveLength(1)
    host.at += 10
    waits[0]?.()
    await host.settled()
    expect(await stored()).toBe(2)
  })

  test('also after the clock was set back', async () => {
    const keys = recording()
    host.record(keys, allowed())
    await keys.flush()
    host.at -= 3600
    host.record(keys, allowed())
    host.at += 10
    host.record(keys, allowed())
    await host.settled()
    expect(await stored()).toBe(3)
  })

  test('in one entry a day and process, written again and again', async () => {
    const keys = recording({ writer: 'one' })
    for (let flush = 0; flush < 5; flush++) {
      for (let key = 0; key < 100; key++) host.record(keys, allowed({ subject: keyId(key) }))
      await keys.flush()
    }
    expect(store.asked.filter((id) => id.startsWith('usage:'))).toEqual(Array(5).fill(`usage:${TODAY}:one:0`))
    expect(await stored()).toBe(500)
  })
})

describe('a day that is over', () => {
  test('is written once more, and what still comes of it stands in an entry of its own', async () => {
    const keys = recording({ writer: 'one' })
    const [today, tomorrow] = [`usage:${TODAY}:one`, 'usage:2026-06-02:one']
    host.record(keys, allowed())
    await keys.flush()
    host.record(keys, allowed())
    const late = host.at
    host.at += 86_400
    host.record(keys, allowed())
    await keys.flush()
    host.record(keys, allowed(), { at: late })
    await keys.flush()
    const written = store.asked.filter((id) => id.startsWith('usage:'))
    expect(written).toEqual([`${today}:0`, `${today}:0`, `${tomorrow}:1`, `${today}:2`])
    expect(await stored()).toBe(3)
  })
})

describe('what may be lost with the process', () => {
  test.each([0.5, 5, 50, 500])(
    'at %d requests a second: those of ten seconds, and a thousand at most',
    async (rate) => {
      const keys = recording()
      for (let request = 1; request <= 3000; request++) {
        host.record(keys, allowed())
        await host.settled()
        expect(request - (await stored())).toBeLessThan(Math.min(1000, 10 * rate + 2))
        host.at += 1 / rate
      }
    },
  )

  test('at five thousand a second: those of one second', async () => {
    const keys = recording()
    for (let request = 1; request <= 20_000; request++) {
      host.record(keys, allowed())
      await host.settled()
      if (request % 250 === 0) expect(request - (await stored())).toBeLessThanOrEqual(5000)
      host.at += 1 / 5000
    }
  })
})

describe('a store that fails', () => {
  test('is told of once, and nothing is lost when it is back', async () => {
    const keys = recording()
    store.fate = 'refused'
    for (let request = 0; request < 100; request++) {
      host.record(keys, allowed())
      await host.settled()
      host.at += 10
    }
    expect(notices()).toEqual([
      {
        type: 'notice',
        level: 'warn',
        message: 'usage of keys could not be written: given: too much at once; it is kept and tried again',
      },
    ])
    store.fate = 'done'
    host.record(keys, allowed())
    await host.settled()
    await keys.flush()
    expect(await stored()).toBe(101)
  })

  test('is not asked again within ten seconds', async () => {
    const keys = recording({ flushEvents: 1 })
    store.fate = 'refused'
    for (let tenth = 0; tenth < 100; tenth++) {
      host.record(keys, allowed())
      await host.settled()
      host.at += 0.1
    }
    expect(store.asked).toHaveLength(1)
  })

  test('may be asked again after a minute where no answer ever comes', async () => {
    const keys = recording()
    store.fate = 'late, never told'
    host.record(keys, allowed())
    host.at += 10
    host.record(keys, allowed())
    await Promise.resolve()
    store.fate = 'done'
    host.at += 59
    host.record(keys, allowed())
    expect(host.work).toHaveLength(1)
    host.at += 1
    host.record(keys, allowed())
    await host.work[1]
    expect(await stored()).toBe(4)
    await store.arrive()
    expect(await stored()).toBe(4)
  })

  test('loses nothing where an answer comes when the write is repeated already', async () => {
    const keys = recording()
    store.fate = 'late'
    host.record(keys, allowed())
    void keys.flush()
    await new Promise(setImmediate)
    host.at += 61
    void keys.flush()
    await store.arrive()
    await new Promise(setImmediate)
    store.fate = 'done'
    host.at += 61
    host.record(keys, allowed())
    await keys.flush()
    await store.arrive()
    expect(await stored()).toBe(2)
  })

  test('costs only the oldest keys where more than ten thousand wait, and that is told', async () => {
    const keys = recording()
    store.fate = 'refused'
    host.record(keys, allowed({ subject: keyId(1) }))
    host.at += 10
    host.record(keys, allowed({ subject: keyId(1) }))
    await host.settled()
    for (let key = 2; key <= 10_003; key++) host.record(keys, allowed({ subject: keyId(key) }))
    await host.settled()
    store.fate = 'done'
    await keys.flush()
    await keys.flush()
    expect(await stored()).toBe(2 + 10_000)
    expect(notices().at(-1)).toMatchObject({
      message: 'usage of keys: 2 requests were not counted, as too many keys waited to be written',
    })
  })

  test('never fails a request, whatever is thrown', () => {
    const keys = recording({
      log: keyLog({ store, random: host.random }),
      addressOf: () => {
        throw new TypeError('a bug')
      },
    })
    host.record(keys, objected('permission-missing'))
    const defer = () => {
      throw new Error('the request is over')
    }
    host.at += 10
    keys.record(allowed(), accessOf({ at: host.at }), defer)
    expect(notices()).toMatchObject([{ message: expect.stringContaining('TypeError') }, { level: 'warn' }])
  })
})

describe('a write that arrives after a revocation', () => {
  test('changes no record: no entry of a key is written', async () => {
    const record = {
      id: keyId(1),
      name: 'ci',
      type: 'read-only',
      permissions: [],
      surface: 'api',
      createdAt: NOON,
      secret: { digest: 'd', pepperVersion: '1' },
    } as const
    await store.put(`key:${keyId(1)}`, encodeRecord({ ...record, state: 'active' }))
    const keys = recording()
    store.fate = 'late, told as failed'
    host.record(keys, allowed({ slot: 1 }))
    host.record(keys, objected('permission-missing'))
    await keys.flush()
    store.fate = 'done'
    const revoked = encodeRecord({ ...record, state: 'revoked', revoked: { at: host.at } })
    await store.put(`key:${keyId(1)}`, revoked)
    host.record(keys, notAccepted('token-revoked'))
    await keys.flush()
    await store.arrive()
    expect((await store.get(`key:${keyId(1)}`))?.value).toBe(revoked)
    const families = new Set(store.asked.filter((id) => !id.startsWith('key:')).map((id) => id.split(':', 1)[0]))
    expect([...families].sort()).toEqual(['log', 'usage', 'used'])
    expect(await stored()).toBe(3)
  })
})

describe('when a key was used last', () => {
  test('is written at most once an hour, whichever process it was', async () => {
    const processes = [recording({ writer: 'one' }), recording({ writer: 'two' })]
    for (let minute = 0; minute < 180; minute++) {
      for (const keys of processes) {
        host.record(keys, allowed())
        await keys.flush()
      }
      host.at += 60
    }
    expect(store.asked.filter((id) => id === `used:${keyId(1)}`)).toHaveLength(3)
    expect(await lastUsed(store, keyId(1))).toEqual({ usedAt: NOON + 120 * 60 })
  })

  test('counts what the verifier accepted, not what a policy then said', async () => {
    const keys = recording()
    host.record(keys, objected('permission-missing'))
    host.record(keys, notAccepted('token-revoked', { subject: keyId(2) }))
    await keys.flush()
    expect(await lastUsed(store, keyId(1))).toEqual({ usedAt: NOON })
    expect(await lastUsed(store, keyId(2))).toBeUndefined()
  })

  test('tells when the old secret was, and another process does not take that away', async () => {
    const [first, second] = [recording({ writer: 'one' }), recording({ writer: 'two' })]
    host.record(first, allowed())
    await first.flush()
    host.at += 60
    host.record(first, allowed({ slot: 1 }))
    await first.flush()
    expect(await lastUsed(store, keyId(1))).toEqual({ usedAt: NOON + 60, previousSecretUsedAt: NOON + 60 })
    host.at += 7200
    host.record(second, allowed())
    await second.flush()
    expect(await lastUsed(store, keyId(1))).toEqual({ usedAt: NOON + 7260, previousSecretUsedAt: NOON + 60 })
  })

  test('waits for its turn where many keys are used at once, and counts do not', async () => {
    const keys = recording()
    for (let key = 0; key < 100; key++) host.record(keys, allowed({ subject: keyId(key) }))
    let flushes = 0
    for (; (await lastUsed(store, keyId(99))) === undefined && flushes < 20; flushes++) {
      host.at += 10
      host.record(keys, { allow: true, principal: 'anonymous', match: matchOf('/'), place: undefined })
      await host.settled()
      expect(await stored()).toBe(100)
    }
    expect(flushes).toBe(6)
  })
})

describe('what is told', () => {
  test('that an old secret is used, once an hour for each key', () => {
    const keys = recording()
    for (let minute = 0; minute < 90; minute++) {
      host.record(keys, allowed({ slot: 1, owner: 'acme', expiresAt: NOON + 86_400 }))
      host.record(keys, allowed())
      host.at += 60
    }
    expect(told('key-used-old-secret')).toEqual([
      {
        type: 'key-used-old-secret',
        time: '2026-06-01T12:00:00.000Z',
        keyId: keyId(1),
        name: null,
        owner: 'acme',
        actor: null,
        until: '2026-06-02T12:00:00.000Z',
        detail: null,
      },
      expect.objectContaining({ time: '2026-06-01T13:00:00.000Z' }),
    ])
  })

  test('that a key is used after its end, once for each key', () => {
    const keys = recording()
    for (let request = 0; request < 3; request++) host.record(keys, notAccepted('token-expired', { expiresAt: NOON }))
    host.record(keys, notAccepted('token-expired', { subject: keyId(2), expiresAt: NOON - 1 }))
    expect(told('key-expired')).toMatchObject([
      { keyId: keyId(1), until: '2026-06-01T12:00:00.000Z' },
      { keyId: keyId(2), until: '2026-06-01T11:59:59.000Z' },
    ])
  })

  test('nothing of a key whose old secret alone has ended, and nothing of one that is revoked', () => {
    const keys = recording()
    host.record(keys, notAccepted('token-expired', { slot: 1, expiresAt: NOON }))
    host.record(keys, notAccepted('token-revoked', { expiresAt: NOON + 1 }))
    expect(sink.events).toEqual([])
  })
})

describe("the key's own log", () => {
  test('holds what was refused, without the query and with the address as the document lets it be written', async () => {
    const keys = recording({ addressOf: (address) => address?.replace(/\d+$/, '0') ?? null })
    const match = matchOf('/orders/*', '/orders/7')
    host.record(keys, objected('permission-missing', { owner: 'acme' }, match), {
      requestId: 'r-1',
      method: 'DELETE',
      target: '/orders/7?token=hidden',
    })
    host.record(keys, allowed({ owner: 'acme' }))
    await keys.flush()
    const { items } = await keyLog({ store, random: host.random }).read(keyId(1), { limit: 10 })
    expect(items).toEqual([
      {
        type: 'key-refused',
        time: '2026-06-01T12:00:00.000Z',
        keyId: keyId(1),
        owner: 'acme',
        more: 0,
        refusals: [
          {
            time: '2026-06-01T12:00:00.000Z',
            requestId: 'r-1',
            reason: 'permission-missing',
            method: 'DELETE',
            route: '/orders/*',
            path: '/orders/7',
            address: '203.0.113.0',
          },
        ],
      },
    ])
  })

  test('takes one entry for a flood, with the first twenty in full and the others counted', async () => {
    const keys = recording({ flushEvents: 100_000 })
    for (let request = 0; request < 12_365; request++) host.record(keys, notAccepted('token-revoked'))
    await keys.flush()
    expect(store.asked.filter((id) => id.startsWith('log:'))).toHaveLength(1)
    const { items } = await keyLog({ store, random: host.random }).read(keyId(1), { limit: 10 })
    expect(items).toMatchObject([{ more: 12_345, refusals: { length: 20 } }])
  })

  test('is not written where there is none', async () => {
    const { now, random } = host
    const keys = recorder({ store, sink, now, random })
    host.record(keys, notAccepted('token-revoked'))
    await keys.flush()
    expect(store.asked.map((id) => id.split(':', 1)[0])).toEqual(['usage'])
  })

  test('has an entry for paths of any length', async () => {
    const keys = recording()
    const match = matchOf('/orders/*', `/orders/${'7'.repeat(30_000)}`)
    for (let request = 0; request < 20; request++) host.record(keys, objected('permission-missing', {}, match))
    await keys.flush()
    expect(notices()).toEqual([])
    expect((await keyLog({ store, random: host.random }).read(keyId(1), { limit: 10 })).items).toHaveLength(1)
  })
})
