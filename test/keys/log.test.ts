import { beforeEach, describe, expect, test } from 'vitest'
import type { KeyLog, KeyRefusals } from '../../src/keys/log.ts'
import { keyLog } from '../../src/keys/log.ts'
import type { KeyEvent } from '../../src/model/event.ts'
import type { Store } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import { FatefulStore, GivenHost, keyId, NOON } from './recorder-given.ts'

const DAY = 86_400

let host: GivenHost
let store: FatefulStore
let log: KeyLog

beforeEach(() => {
  host = new GivenHost()
  store = new FatefulStore(memory({ now: host.now }))
  log = keyLog({ store, random: host.random })
})

function changed(at: number, facts: Partial<KeyEvent> = {}): KeyEvent {
  return {
    type: 'key-updated',
    time: new Date(at * 1000).toISOString(),
    keyId: keyId(1),
    name: 'ci',
    owner: null,
    actor: 'operator',
    until: null,
    detail: null,
    ...facts,
  }
}

function refused(at: number, facts: Partial<KeyRefusals> & { readonly count?: number } = {}): KeyRefusals {
  const { count = 1, ...rest } = facts
  const time = new Date(at * 1000).toISOString()
  const refusal = {
    time,
    requestId: 'r',
    reason: 'token-revoked',
    method: 'GET',
    route: '/orders',
    path: '/orders',
    address: null,
  } as const
  const refusals = Array(count).fill(refusal)
  return { type: 'key-refused', time, keyId: keyId(1), owner: null, refusals, more: 0, ...rest }
}

async function entriesOf(below: Store, key: string): Promise<number> {
  let entries = 0
  let from: string | undefined
  do {
    const page = await below.list({ prefix: `log:${key}:`, limit: 100, ...(from !== undefined && { from }) })
    entries += page.items.length
    from = page.cursor
  } while (from !== undefined)
  return entries
}

describe('a log', () => {
  test('is read from the newest to the oldest, changes and refusals together', async () => {
    const items = [changed(NOON), refused(NOON + 1), changed(NOON + 2, { type: 'key-revoked' }), refused(NOON + 3)]
    await log.append(items[2] as KeyEvent)
    await log.append(items[0] as KeyEvent)
    await log.refused(items[1] as KeyRefusals)
    await log.refused(items[3] as KeyRefusals)
    expect(await log.read(keyId(1), { limit: 10 })).toEqual({ items: items.reverse() })
  })

  test('is read in pages', async () => {
    for (let second = 0; second < 5; second++) await log.append(changed(NOON + second))
    const times: string[] = []
    let from: string | undefined
    do {
      const page = await log.read(keyId(1), { limit: 2, from })
      times.push(...page.items.map(({ time }) => time.slice('2026-06-01T12:00:'.length, -'.000Z'.length)))
      from = page.cursor
    } while (from !== undefined)
    expect(times).toEqual(['04', '03', '02', '01', '00'])
  })

  test('holds nothing of other keys', async () => {
    await log.append(changed(NOON, { keyId: keyId(2) }))
    expect(await log.read(keyId(1), { limit: 10 })).toEqual({ items: [] })
  })

  test('is read around what is damaged', async () => {
    await log.append(changed(NOON))
    await store.put(`log:${keyId(1)}:0:c`, '{"type":')
    expect(await log.read(keyId(1), { limit: 10 })).toEqual({ items: [changed(NOON)] })
  })

  test('keeps changes of one moment apart, of one process and of two', async () => {
    const other = keyLog({ store, random: host.random })
    for (let change = 0; change < 3; change++) await log.append(changed(NOON))
    await other.append(changed(NOON))
    await log.refused(refused(NOON))
    await other.refused(refused(NOON))
    expect((await log.read(keyId(1), { limit: 10 })).items).toHaveLength(6)
  })

  test('holds refusals once that were written twice', async () => {
    const refusals = refused(NOON)
    store.fate = 'done, untold'
    await expect(log.refused(refusals)).rejects.toMatchObject({ name: 'StoreError' })
    store.fate = 'done'
    await log.refused(refusals)
    expect((await log.read(keyId(1), { limit: 10 })).items).toEqual([refusals])
  })

  test('forgets after thirty days', async () => {
    await log.append(changed(NOON))
    await log.refused(refused(NOON))
    host.at = NOON + 30 * DAY - 1
    expect((await log.read(keyId(1), { limit: 10 })).items).toHaveLength(2)
    host.at = NOON + 30 * DAY
    expect((await log.read(keyId(1), { limit: 10 })).items).toEqual([])
  })

  test('keeps the last thousand refusals of a process and every change, however long a flood lasts', async () => {
    await log.append(changed(NOON, { type: 'key-revoked' }))
    for (let flush = 1; flush <= 200; flush++) await log.refused(refused(NOON + flush * 10, { count: 20, more: 500 }))
    const { items } = await log.read(keyId(1), { limit: 100 })
    expect(items).toHaveLength(51)
    expect(items[0]?.time).toBe(new Date((NOON + 2000) * 1000).toISOString())
    expect(items.at(-1)?.type).toBe('key-revoked')
  })

  test('keeps the last thousand where they come one by one', async () => {
    for (let minute = 0; minute < 1100; minute++) await log.refused(refused(NOON + minute * 60))
    expect(await entriesOf(store, keyId(1))).toBe(1000)
  })

  test('takes back the room of many that came one by one, a few with each writing', async () => {
    for (let minute = 0; minute < 100; minute++) await log.refused(refused(NOON + minute))
    for (let flush = 0; flush < 200; flush++) await log.refused(refused(NOON + 100 + flush, { count: 20 }))
    expect(await entriesOf(store, keyId(1))).toBe(50)
  })

  test('keeps what it had where a store fails to take the oldest away', async () => {
    const failing = Object.assign(new FatefulStore(memory({ now: host.now })), {
      delete: async () => {
        throw Object.assign(new Error('busy'), { name: 'StoreError' })
      },
    })
    const keeping = keyLog({ store: failing, random: host.random })
    for (let flush = 0; flush < 51; flush++) {
      await keeping.refused(refused(NOON + flush, { count: 20 })).catch((error: Error) => error.name)
    }
    expect(await entriesOf(failing, keyId(1))).toBe(51)
    expect((await keeping.read(keyId(1), { limit: 1 })).items).toEqual([refused(NOON + 50, { count: 20 })])
  })
})
