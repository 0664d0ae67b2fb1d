import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Kept, Registry } from '../../src/keys/registry.ts'
import type { Store } from '../../src/model/ports.ts'
import { memory } from '../../src/stores/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { created, given, idsOf, NOW } from './given.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-together-'))
const open: { close(): void }[] = []
let files = 0

afterAll(() => {
  for (const store of open) store.close()
  rmSync(folder, { recursive: true })
})

/** Two ways to the same entries, as two administrators have them. */
const PAIRS: Readonly<Record<string, () => readonly [Store, Store]>> = {
  memory: () => {
    const store = memory()
    return [store, store]
  },
  sqlite: () => {
    const path = join(folder, `${files++}.db`)
    const pair = [sqlite(path), sqlite(path)] as const
    open.push(...pair)
    return pair
  },
}

/** Every call of the store waits until the schedule lets it go on, so that two who work at once meet in every way. */
function scheduled(store: Store, scheduler: fc.Scheduler): Store {
  return {
    get: scheduler.scheduleFunction(async (id: string) => store.get(id)),
    put: scheduler.scheduleFunction(store.put),
    delete: scheduler.scheduleFunction(store.delete),
    list: scheduler.scheduleFunction(store.list),
  }
}

const STEPS = ['count', 'count', 'blindly', 'rotate', 'suspend', 'resume', 'rename', 'remove'] as const
type Step = (typeof STEPS)[number]

/** What was done by a step; a conflict, or whatever else came in between, does nothing. */
type Tally = Record<'counted' | 'rotated' | 'removed', number>

async function take(keys: Registry, id: string, step: Step, name: string, tally: Tally): Promise<void> {
  if (step === 'count' || step === 'blindly') {
    const current = await keys.show(id, 'operator')
    if (!current) return
    const count = Number(current.record.metadata?.['count'] ?? 0) + 1
    // Who gives no version changes what there is by then; what he names is written, and nothing that he does not name.
    if (step === 'blindly') return void (await keys.update(id, { description: name }, 'operator', NOW))
    const change = { metadata: { count: String(count) } }
    const result = await keys.update(id, change, 'operator', NOW, current.version)
    if (!('problem' in result)) tally.counted++
  }
  if (step === 'rotate' && 'token' in (await keys.rotate(id, { overlapSeconds: 5 }, 'operator', NOW))) tally.rotated++
  if (step === 'suspend') await keys.suspend(id, 'operator', NOW)
  if (step === 'resume') await keys.resume(id, 'operator', NOW)
  if (step === 'rename') await keys.update(id, { name }, 'operator', NOW)
  if (step === 'remove' && (await keys.remove(id, 'operator', NOW)) === 'removed') tally.removed++
}

describe.each(Object.entries(PAIRS))('two administrators over %s', (_, pairOf) => {
  test('lose nothing of what either of them was told is done', async () => {
    const steps = fc.array(fc.constantFrom(...STEPS.filter((step) => step !== 'remove')), {
      minLength: 1,
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), steps, steps, async (scheduler, left, right) => {
        const pair = pairOf()
        const plain = given({ store: pair[0] })
        const { record } = await created(plain)
        const tally: Tally = { counted: 0, rotated: 0, removed: 0 }
        const logs = [left, right].map(async (own, who) => {
          const all = given({ store: scheduled(pair[who] as Store, scheduler) })
          for (const [n, step] of own.entries()) await take(all.keys, record.id, step, `${who}.${n}`, tally)
          return all.logged
        })
        await scheduler.waitIdle()
        const logged = (await Promise.all(logs)).flat()
        const { record: last } = (await plain.keys.show(record.id, 'operator')) as Kept
        expect(Number(last.metadata?.['count'] ?? 0)).toBe(tally.counted)
        expect(logged.filter(({ type }) => type === 'key-rotated')).toHaveLength(tally.rotated)
        expect(last.secret.digest === record.secret.digest).toBe(tally.rotated === 0)
        // One name, and it is the one that the record bears.
        expect(await idsOf(pair[0], 'name:')).toEqual([`name:${last.name}`])
      }),
      { numRuns: 60 },
    )
  })

  test('who rename a key at once, to one name or back, leave its name to it alone', async () => {
    const wanted = fc.array(fc.constantFrom('ci', 'deploy', 'build'), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), wanted, wanted, async (scheduler, left, right) => {
        const pair = pairOf()
        const plain = given({ store: pair[0] })
        const { record } = await created(plain, 'ci')
        const runs = [left, right].map(async (own, who) => {
          const { keys } = given({ store: scheduled(pair[who] as Store, scheduler) })
          for (const [n, name] of own.entries()) {
            await keys.update(record.id, { name, description: `${who}.${n}` }, 'operator', NOW)
          }
        })
        await scheduler.waitIdle()
        await Promise.all(runs)
        const { record: last } = (await plain.keys.show(record.id, 'operator')) as Kept
        for (const name of ['ci', 'deploy', 'build']) {
          const other = await plain.keys.create({ name }, 'operator', NOW + 60)
          expect('token' in other).toBe(name !== last.name)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('remove a key once, and leave nothing of it', async () => {
    const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 1, maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), steps, steps, async (scheduler, left, right) => {
        const pair = pairOf()
        const plain = given({ store: pair[0] })
        const { record } = await created(plain)
        const tally: Tally = { counted: 0, rotated: 0, removed: 0 }
        const runs = [left, right].map(async (own, who) => {
          const { keys } = given({ store: scheduled(pair[who] as Store, scheduler) })
          for (const [n, step] of [...own, 'remove' as const].entries()) {
            await take(keys, record.id, step, `${who}.${n}`, tally)
          }
        })
        await scheduler.waitIdle()
        await Promise.all(runs)
        if (tally.removed === 0) await plain.keys.remove(record.id, 'operator', NOW)
        expect(tally.removed).toBeLessThanOrEqual(1)
        expect(await idsOf(pair[0], 'key:')).toEqual([])
        // A name may be left for its minute, where its key was removed between a reservation and its record.
        for (const name of await idsOf(pair[0], 'name:')) {
          const free = await plain.keys.create({ name: name.slice('name:'.length) }, 'operator', NOW + 60)
          expect(free).toMatchObject({ token: /./ })
        }
      }),
      { numRuns: 60 },
    )
  })

  test('cannot both change a version: the second is told', async () => {
    const [first, second] = pairOf().map((store) => given({ store }))
    const { record, version } = await created(first as NonNullable<typeof first>)
    const results = await Promise.all(
      [first, second].map((all, n) => all?.keys.update(record.id, { owner: `owner ${n}` }, 'operator', NOW, version)),
    )
    expect(results.filter((result) => result && 'problem' in result)).toEqual([{ problem: 'conflict' }])
  })
})
