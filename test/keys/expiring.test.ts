import { beforeEach, describe, expect, test } from 'vitest'
import type { ExpiringOptions } from '../../src/keys/expiring.ts'
import { expiring } from '../../src/keys/expiring.ts'
import { keyLog } from '../../src/keys/log.ts'
import { processMarks, storedMarks } from '../../src/keys/marks.ts'
import type { KeyRecord } from '../../src/keys/record.ts'
import { encodeRecord } from '../../src/keys/record.ts'
import { slotsNearDeadline, tellSlots } from '../../src/keys/slots.ts'
import type { Store } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { memory } from '../../src/stores/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { GivenHost, keyId, NOON } from './recorder-given.ts'

const DAY = 86_400

describe.each([
  ['memory', (host: GivenHost) => memory({ now: host.now })],
  ['sqlite', (host: GivenHost) => sqlite(':memory:', { now: host.now })],
] as const)('keys that end soon, on %s', (_, storeOn) => {
  let host: GivenHost
  let store: Store
  let sink: ReturnType<typeof memorySink>

  beforeEach(() => {
    host = new GivenHost()
    store = storeOn(host)
    sink = memorySink()
  })

  async function keep(number: number, facts: Partial<KeyRecord> = {}): Promise<void> {
    const record: KeyRecord = {
      id: keyId(number),
      name: `key ${number}`,
      type: 'read-only',
      permissions: [],
      surface: 'api',
      createdAt: NOON - DAY,
      state: 'active',
      secret: { digest: 'd', pepperVersion: '1' },
      ...facts,
    }
    const { name, expiresAt } = record
    const index = { name, ...(expiresAt !== undefined && { expires: expiresAt }) }
    await store.put(`key:${record.id}`, encodeRecord(record), { index })
  }

  const found = (options: Partial<ExpiringOptions> = {}) => expiring(store, { at: host.at, sink, ...options })
  const idsOf = async (options?: Partial<ExpiringOptions>) => (await found(options)).keys.map(({ id }) => id)

  test('are those that have not ended and end within a week, the first to end first', async () => {
    await keep(1, { expiresAt: NOON + 7 * DAY })
    await keep(2, { expiresAt: NOON + 7 * DAY + 1 })
    await keep(3, { expiresAt: NOON })
    await keep(4, { expiresAt: NOON + 0.5 })
    await keep(5, { expiresAt: NOON - 30 * DAY })
    await keep(6)
    expect(await idsOf()).toEqual([keyId(4), keyId(1)])
  })

  test('are not those that are revoked, but those that are suspended', async () => {
    await keep(1, { expiresAt: NOON + DAY, state: 'revoked', revoked: { at: NOON } })
    await keep(2, { expiresAt: NOON + DAY, state: 'suspended' })
    expect(await idsOf()).toEqual([keyId(2)])
  })

  test('are told of once, with name, owner and end', async () => {
    await keep(1, { expiresAt: NOON + 3 * DAY, owner: 'acme' })
    const told = { id: keyId(1), name: 'key 1', owner: 'acme', state: 'active', expiresAt: NOON + 3 * DAY }
    expect((await found()).keys).toEqual([{ ...told, withinDays: 7, isTold: true }])
    host.at += DAY
    expect((await found()).keys).toEqual([{ ...told, withinDays: 7, isTold: false }])
    expect(sink.events).toEqual([
      {
        type: 'key-near-expiry',
        time: '2026-06-01T12:00:00.000Z',
        keyId: keyId(1),
        name: 'key 1',
        owner: 'acme',
        actor: null,
        until: '2026-06-04T12:00:00.000Z',
        detail: 'within 7 days',
      },
    ])
  })

  test('are told of by one of two that look at the same time', async () => {
    for (let key = 0; key < 20; key++) await keep(key, { expiresAt: NOON + DAY })
    const runs = await Promise.all([found(), found()])
    expect(sink.events).toHaveLength(20)
    expect(runs.map(({ keys }) => keys.length)).toEqual([20, 20])
  })

  test('are told of again for a nearer threshold, and once where several are crossed at once', async () => {
    const withinDays = [30, 7, 1]
    await keep(1, { expiresAt: NOON + 20 * DAY })
    await keep(2, { expiresAt: NOON + 5 * DAY })
    for (let day = 0; day < 20; day++) {
      await found({ withinDays })
      host.at += DAY
    }
    const told = sink.events.map((event) => (event.type === 'key-near-expiry' ? [event.keyId, event.detail] : []))
    expect(told).toEqual([
      [keyId(2), 'within 7 days'],
      [keyId(1), 'within 30 days'],
      [keyId(2), 'within 1 day'],
      [keyId(1), 'within 7 days'],
      [keyId(1), 'within 1 day'],
    ])
  })

  test('are told of again when they got another end, which is near too', async () => {
    await keep(1, { expiresAt: NOON + DAY })
    await found()
    await keep(1, { expiresAt: NOON + 6 * DAY })
    await found()
    await found()
    expect(sink.events).toHaveLength(2)
  })

  test('are found without being told of where nobody is to be told', async () => {
    await keep(1, { expiresAt: NOON + DAY })
    const silent = { at: host.at }
    expect((await expiring(store, silent)).keys).toMatchObject([{ id: keyId(1), isTold: false }])
    expect((await store.list({ prefix: 'mark:', limit: 10 })).items).toEqual([])
    await found()
    expect(sink.events).toHaveLength(1)
  })

  test('have it in their own logs', async () => {
    await keep(1, { expiresAt: NOON + DAY })
    const log = keyLog({ store, random: host.random })
    await found({ log })
    await found({ log })
    expect((await log.read(keyId(1), { limit: 10 })).items).toEqual(sink.events)
  })

  test('are found behind any number that have ended, and on any number of pages', async () => {
    for (let key = 0; key < 150; key++) await keep(key, { expiresAt: NOON - key })
    for (let key = 200; key < 450; key++) await keep(key, { expiresAt: NOON + key })
    const below = store
    let pages = 0
    store = { ...below, list: (query) => below.list(query).finally(() => pages++) }
    expect(await idsOf({ sink: memorySink() })).toHaveLength(250)
    // Three of keys, and one of marks.
    expect(pages).toBe(4)
  })

  test('do not hide behind a record that a later version wrote', async () => {
    await store.put(`key:${keyId(1)}`, '{"v":99}', { index: { expires: NOON + 1 } })
    await keep(2, { expiresAt: NOON + DAY })
    const { keys, unreadable } = await found()
    expect([keys.map(({ id }) => id), unreadable]).toEqual([[keyId(2)], 1])
  })

  test('leave no mark behind when they have ended', async () => {
    await keep(1, { expiresAt: NOON + DAY })
    await found()
    host.at = NOON + 2 * DAY + 1
    expect((await store.list({ prefix: 'mark:', limit: 10 })).items).toEqual([])
  })
})

describe('slots of shared secrets that end soon', () => {
  const slots = [
    { credential: 'partner', slot: 0 },
    { credential: 'partner', slot: 1, until: NOON + 3 * DAY },
    { credential: 'partner', slot: 2, until: NOON - 1 },
    { credential: 'other', slot: 0, until: NOON + 8 * DAY },
  ]

  test('are those with an end within the threshold, and those that have ended', () => {
    expect(slotsNearDeadline(slots, [7], NOON)).toEqual([
      { credential: 'partner', slot: 1, until: NOON + 3 * DAY, withinDays: 7 },
      { credential: 'partner', slot: 2, until: NOON - 1, withinDays: 0 },
    ])
  })

  test.each([
    ['a process', 1, (_: Store) => Promise.resolve(processMarks())],
    ['a store', 2, (store: Store) => storedMarks(store)],
  ])('are told of once for each threshold and end, by %s', async (_, processes, marksOf) => {
    const host = new GivenHost()
    const store = memory({ now: host.now })
    const all = await Promise.all(Array.from({ length: processes }, () => marksOf(store)))
    const sink = memorySink()
    for (let day = 0; day < 10; day++) {
      for (const marks of all) await tellSlots(slotsNearDeadline(slots, [7, 1], host.at), { at: host.at, sink, marks })
      host.at += DAY
    }
    const told = sink.events.map((event) => JSON.stringify(event))
    expect(told).toHaveLength(new Set(told).size)
    expect(told).toHaveLength(7)
    expect(sink.events[0]).toEqual({
      type: 'static-slot-near-deadline',
      time: '2026-06-01T12:00:00.000Z',
      name: 'partner',
      slot: 1,
      until: '2026-06-04T12:00:00.000Z',
    })
  })
})
