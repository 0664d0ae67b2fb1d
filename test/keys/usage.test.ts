import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches, decodeBatch } from '../../src/keys/batches.ts'
import { recorder } from '../../src/keys/recorder.ts'
import { add, tallyOf } from '../../src/keys/tally.ts'
import type { UsageQuery } from '../../src/keys/usage.ts'
import { usageDay, usageFaults, usageOf } from '../../src/keys/usage.ts'
import type { ListQuery, Recorder, Store } from '../../src/model/ports.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { memory } from '../../src/stores/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import {
  allowed,
  FATES,
  FatefulStore,
  GivenHost,
  keyId,
  matchOf,
  NOON,
  notAccepted,
  objected,
  TODAY,
} from './recorder-given.ts'

const DAY = 86_400
const OWNERS = ['acme', 'böse & co', 'c"quoted"', 'd\\e', '鍵']

function recording(host: GivenHost, store: Store, writer?: string): Recorder {
  const { now, random } = host
  return recorder({ store, sink: memorySink(), now, random, ...(writer !== undefined && { writer }) })
}

/** What all rows of a report come to. */
async function total(store: Store, query: Partial<UsageQuery> = {}): Promise<number> {
  const { rows } = await usageOf(store, { from: TODAY, to: TODAY, ...query })
  return rows.flatMap(({ allowed, refused }) => [allowed, ...Object.values(refused)]).reduce((sum, n) => sum + n, 0)
}

describe.each([
  ['memory', (host: GivenHost) => memory({ now: host.now })],
  ['sqlite', (host: GivenHost) => sqlite(':memory:', { now: host.now })],
] as const)('a thousand requests of five owners, on %s', (_, storeOn) => {
  test('add up: through two processes, a flush that fails and one process that begins anew', async () => {
    const host = new GivenHost()
    const store = new FatefulStore(storeOn(host))
    const processes = [recording(host, store, 'one'), recording(host, store, 'two')] as [Recorder, Recorder]
    for (let request = 0; request < 1000; request++) {
      const facts = { subject: keyId(request % 10), owner: OWNERS[request % 5] as string }
      const decision = request % 4 === 0 ? objected('permission-missing', facts) : allowed(facts)
      host.record(processes[request % 2] as Recorder, decision)
      host.at += 0.1
      await host.settled()
      store.fate = request > 300 && request < 500 ? 'done, untold' : 'done'
      if (request === 700) {
        await processes[0].flush()
        processes[0] = recording(host, store, 'three')
      }
    }
    await Promise.all(processes.map((each) => each.flush()))
    const { rows } = await usageOf(store, { from: TODAY, to: TODAY, group: 'owner' })
    expect(rows).toEqual(
      [...OWNERS].sort().map((owner) =>
        expect.objectContaining({
          owner,
          key: null,
          day: null,
          allowed: 150,
          refused: { 'permission-missing': 50 },
          routes: { '/orders': 200 },
        }),
      ),
    )
  })
})

describe('whatever is recorded and written in whatever order', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('record' as const),
        process: fc.nat(1),
        key: fc.nat(3),
        owner: fc.option(fc.constantFrom(...OWNERS), { nil: undefined }),
        route: fc.nat(60),
        outcome: fc.constantFrom('allowed', 'objected', 'not accepted'),
        later: fc.constantFrom(0, 0.3, 1, 10, 61, DAY / 2),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const), process: fc.nat(1) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('fate' as const),
        fate: fc.constantFrom(...FATES),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('arrive' as const) }) },
  )

  test('the totals are what was recorded', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: 'max' }), async (steps) => {
        const host = new GivenHost()
        const store = new FatefulStore(memory({ now: host.now }))
        const processes = [recording(host, store), recording(host, store)]
        const expected = new Map<string, number>()
        for (const next of steps) {
          if (next.do === 'fate') store.fate = next.fate
          else if (next.do === 'arrive') await store.arrive()
          else if (next.do === 'flush') void processes[next.process]?.flush()
          else {
            const { owner, outcome } = next
            const facts = { subject: keyId(next.key), ...(owner !== undefined && { owner }) }
            const match = matchOf(`/${next.route}`)
            const decision =
              outcome === 'allowed'
                ? allowed(facts, match)
                : outcome === 'objected'
                  ? objected('limit-exceeded', facts, match)
                  : notAccepted('token-revoked', facts)
            host.record(processes[next.process] as Recorder, decision)
            const row = JSON.stringify([usageDay(host.at), keyId(next.key), owner ?? null, outcome])
            expected.set(row, (expected.get(row) ?? 0) + 1)
            host.at += next.later
          }
          // Lets what was begun come as far as it does.
          await new Promise(setImmediate)
        }
        store.fate = 'done'
        host.at += 61
        for (const each of processes) await each.flush()
        await store.arrive()

        const { rows, unreadable } = await usageOf(store, { from: TODAY, to: usageDay(NOON + 120 * DAY) })
        expect(unreadable).toBe(0)
        const counted = rows.flatMap(({ day, key, owner, allowed, refused }) =>
          [
            ['allowed', allowed] as const,
            ['objected', refused['limit-exceeded'] ?? 0] as const,
            ['not accepted', refused['token-revoked'] ?? 0] as const,
          ]
            .filter(([, times]) => times > 0)
            .map(([outcome, times]) => [JSON.stringify([day, key, owner, outcome]), times] as const),
        )
        expect(new Map(counted)).toEqual(expected)
        for (const { allowed, refused, routes } of rows) {
          const requests = Object.values(refused).reduce((sum, times) => sum + times, allowed)
          expect(Object.values(routes).reduce((sum, times) => sum + times, 0)).toBe(requests)
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('the entries of usage', () => {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 100 })
  const row = fc.record({
    key: fc.nat(100),
    owner: fc.option(text),
    routes: fc.oneof(fc.array(text, { maxLength: 3 }), fc.array(text, { minLength: 40, maxLength: 80, size: 'max' })),
  })

  test('hold what was added, each of them in less than any store takes', () => {
    void fc.assert(
      fc.property(fc.array(row, { maxLength: 100, size: 'max' }), (all) => {
        const written = batches('w')
        let requests = 0
        for (const { key, owner, routes } of all) {
          const tally = tallyOf(keyId(key), owner, NOON)
          for (const route of routes) {
            add(tally, {
              ...tallyOf(keyId(key), owner, NOON),
              allowed: 9_999_999,
              routes: new Map([[route, 9_999_999]]),
            })
            requests += 9_999_999
          }
          written.add(tally)
        }
        let found = 0
        for (let batch = written.take(); batch; batch = written.take()) {
          expect(new TextEncoder().encode(batch.value).length).toBeLessThanOrEqual(60_000)
          for (const { allowed } of decodeBatch(batch.value, batch.day) ?? []) found += allowed
        }
        expect(found).toBe(requests)
      }),
      { numRuns: 50 },
    )
  })

  test('of more keys than a process writes again and again stand in more entries, and lose nothing', async () => {
    const host = new GivenHost()
    const store = memory({ now: host.now })
    const keys = recording(host, store)
    for (let round = 0; round < 2; round++) {
      for (let key = 0; key < 9000; key++) host.record(keys, allowed({ subject: keyId(key) }))
      await keys.flush()
    }
    expect(await total(store)).toBe(18_000)
    expect((await usageOf(store, { from: TODAY, to: TODAY })).rows).toHaveLength(9000)
  })

  test('are gone after four hundred days', async () => {
    const host = new GivenHost()
    const store = memory({ now: host.now })
    const keys = recording(host, store)
    host.record(keys, allowed())
    await keys.flush()
    host.at = NOON + 400 * DAY
    expect(await total(store)).toBe(1)
    host.at += DAY
    expect(await total(store)).toBe(0)
  })
})

describe('a report', () => {
  async function given(): Promise<Store> {
    const host = new GivenHost()
    const store = memory({ now: host.now })
    const keys = recording(host, store)
    host.record(keys, allowed({ subject: keyId(1), owner: 'acme' }))
    host.record(keys, objected('limit-exceeded', { subject: keyId(2), owner: 'acme' }, matchOf('/bills')))
    host.record(keys, allowed({ subject: keyId(3) }))
    host.at += DAY
    host.record(keys, allowed({ subject: keyId(1), owner: 'acme' }))
    host.record(keys, allowed({ subject: keyId(4), owner: 'zeta' }))
    await keys.flush()
    return store
  }

  const both = { from: TODAY, to: '2026-06-02' }

  test('has a row for each key, owner and day where nothing else is asked', async () => {
    const { rows } = await usageOf(await given(), both)
    expect(rows.map(({ owner, key, day }) => [owner, key, day])).toEqual([
      [null, keyId(3), TODAY],
      ['acme', keyId(1), TODAY],
      ['acme', keyId(1), '2026-06-02'],
      ['acme', keyId(2), TODAY],
      ['zeta', keyId(4), '2026-06-02'],
    ])
  })

  test.each([
    [
      'key',
      [
        [null, keyId(3), null, 1],
        ['acme', keyId(1), null, 2],
        ['acme', keyId(2), null, 0],
        ['zeta', keyId(4), null, 1],
      ],
    ],
    [
      'owner',
      [
        [null, null, null, 1],
        ['acme', null, null, 2],
        ['zeta', null, null, 1],
      ],
    ],
    [
      'day',
      [
        [null, null, TODAY, 2],
        [null, null, '2026-06-02', 2],
      ],
    ],
  ] as const)('is summed up by %s', async (group, expected) => {
    const { rows } = await usageOf(await given(), { ...both, group })
    expect(rows.map(({ owner, key, day, allowed }) => [owner, key, day, allowed])).toEqual(expected)
  })

  test('sums up reasons and routes, and spans from the first request to the last', async () => {
    const { rows } = await usageOf(await given(), { ...both, group: 'owner', owner: 'acme' })
    expect(rows).toEqual([
      {
        key: null,
        owner: 'acme',
        day: null,
        allowed: 2,
        refused: { 'limit-exceeded': 1 },
        routes: { '/orders': 2, '/bills': 1 },
        firstSeen: NOON,
        lastSeen: NOON + DAY,
      },
    ])
  })

  test.each([
    ['of one day', { to: TODAY }, 3],
    ['of one key', { key: keyId(1) }, 2],
    ['of one owner', { owner: 'acme' }, 3],
    ['of an owner and a key of another', { owner: 'zeta', key: keyId(1) }, 0],
    ['of who sees one owner alone', { onlyOwner: 'zeta' }, 1],
    ['of who sees one owner alone and asks about another', { onlyOwner: 'zeta', owner: 'acme' }, 0],
    ['of who sees one owner alone and asks about the key of another', { onlyOwner: 'zeta', key: keyId(1) }, 0],
  ])('%s holds no other', async (_, query, requests) => {
    expect(await total(await given(), { ...both, ...query })).toBe(requests)
  })

  test('tells that entries could not be read: what a later version wrote is not guessed', async () => {
    const store = await given()
    await store.put(`usage:${TODAY}:later:0`, '{"v":2,"texts":[],"rows":[["a",-1,5,{},{},1,2]]}')
    await store.put(`usage:${TODAY}:damaged:0`, '{"v":1,"texts":[],"ro')
    await store.put(`usage:${TODAY}:damaged:1`, '{"v":1,"texts":[],"rows":[null]}')
    const { rows, unreadable } = await usageOf(store, both)
    expect(unreadable).toBe(3)
    expect(rows).toHaveLength(5)
  })

  test('asks for whole months at once', async () => {
    const prefixes: string[] = []
    const below = await given()
    const store: Store = {
      ...below,
      list: (query: ListQuery) => {
        prefixes.push(query.prefix)
        return below.list(query)
      },
    }
    await usageOf(store, { from: '2026-01-30', to: '2026-06-02' })
    expect(prefixes).toEqual([
      'usage:2026-01-30:',
      'usage:2026-01-31:',
      'usage:2026-02-',
      'usage:2026-03-',
      'usage:2026-04-',
      'usage:2026-05-',
      'usage:2026-06-01:',
      'usage:2026-06-02:',
    ])
  })

  test('of more entries than a page holds is whole', async () => {
    const host = new GivenHost()
    const store = memory({ now: host.now })
    for (let writer = 0; writer < 250; writer++) {
      const keys = recording(host, store)
      host.record(keys, allowed())
      await keys.flush()
    }
    expect(await total(store)).toBe(250)
  })
})

describe('a question about usage', () => {
  test.each([
    [{ from: '2026-06-01', to: '2026-06-30' }, []],
    [{ from: '2025-06-01', to: '2026-07-05', group: 'owner' }, []],
    [{ from: '2025-05-31', to: '2026-07-05' }, ['/from']],
    [{ from: '2026-06-02', to: '2026-06-01' }, ['/to']],
    [{ from: '2026-02-30', to: '2026-13-01' }, ['/from', '/to']],
    [{ to: '1/6/2026' }, ['/from', '/to']],
    [{ from: '2026-06-01', to: '2026-06-01', group: 'week' }, ['/group']],
  ])('%j has faults at %j', (question, pointers) => {
    expect(usageFaults(question).map(({ pointer }) => pointer)).toEqual(pointers)
  })

  test('with faults is not answered', async () => {
    await expect(usageOf(memory(), { from: '2026-06-02', to: '2026-06-01' })).rejects.toThrow(RangeError)
  })
})
