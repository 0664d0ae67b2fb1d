import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Unstorable } from '../../src/lib/storable.ts'
import type { Entry, ListQuery, PutOptions, Store, Written } from '../../src/model/ports.ts'
import type { StoreTrouble } from '../../src/model/store-error.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { memory } from '../../src/stores/memory.ts'

/** A store under test, with all that a test may do to it from outside. */
export interface Subject {
  readonly store: Store
  /** The same entries through an instance of its own, as another process has it. */
  readonly other: Store
  /** What the stores take for now; begins at the real time, as some of the parts have clocks of their own. */
  readonly clock: Clock
  readonly faults?: Readonly<Partial<Record<Fault, () => Promise<Faulty>>>>
  /** How an entry gets in where the store itself does not write. */
  seed?(id: string, value: string, options?: Omit<PutOptions, 'ifVersion'>): Promise<void>
  stop(): Promise<void>
}

type Fault = 'down' | 'slow' | 'busy' | 'full'

export interface Clock {
  at: number
}

/** The entries of the subject, through a store that is in trouble. */
export interface Faulty {
  readonly store: Store
  mend(): Promise<void>
}

interface Given extends Subject {
  /** A family that no other test has written to. */
  readonly family: string
  write(rest: string, value: string, options?: Omit<PutOptions, 'ifVersion'>): Promise<void>
}

const VISIBLE = Array.from({ length: 94 }, (_, place) => String.fromCharCode(0x21 + place))

const TEXTS = {
  empty: '',
  'of JSON': '{"name":"a \\"quoted\\" name","list":[1,2,null]}',
  'of lines and tabs': 'one\r\ntwo\tthree\n',
  'of control characters': '\u0001\u0008\u001b\u007f\u0085\u2028',
  'of other scripts': 'ключ 鍵 مفتاح कुंजी',
  'of emoji': '🔑👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿',
  'that looks normal and is not': 'é e\u0301 \ufeff\uffff\u{10ffff}',
  'of SQL and Lua': "'; DROP TABLE entries; -- ]] return {}",
  'of a number': '00012.50',
}

const EXPECTED_IN_ORDER = ['A', 'Z', 'a', 'aa', 'b', '~', 'é', '\uffee', '😀']

/** What a write that was done is told by. */
export const WRITTEN: unknown = { version: expect.stringMatching(/^.+$/) }

async function found(store: Store, id: string): Promise<string | undefined> {
  return (await store.get(id))?.value
}

async function versionOf(store: Store, id: string): Promise<string> {
  const entry = await store.get(id)
  if (!entry) throw new Error('the test wrote no such entry')
  return entry.version
}

/** The version of a write that must have been done. */
function written(result: Written | 'conflict'): string {
  if (result === 'conflict') throw new Error('the store tells a conflict')
  return result.version
}

/** Every page of a listing, and how often it turned a page. */
async function all(store: Store, query: ListQuery, between = async (_: number): Promise<void> => {}): Promise<Entry[]> {
  const entries: Entry[] = []
  let from: string | undefined
  for (let page = 0; page < 50; page++) {
    const { items, cursor } = await store.list({ ...query, ...(from !== undefined && { from }) })
    expect(items.length).toBeLessThanOrEqual(query.limit)
    entries.push(...items)
    if (cursor === undefined) return entries
    from = cursor
    await between(page)
  }
  throw new Error('the listing has no end')
}

async function restsOf(store: Store, family: string, by: 'id' | 'name' | 'expires'): Promise<string[]> {
  return (await all(store, { prefix: family, by, limit: 100 })).map(({ id }) => id.slice(family.length))
}

async function outcome(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch (error) {
    return error
  }
}

async function expectUnstorable(what: Unstorable['what'], work: () => unknown): Promise<void> {
  const thrown = await outcome(work)
  expect(thrown).toBeInstanceOf(Unstorable)
  expect((thrown as Unstorable).what).toBe(what)
}

/** Of the trouble, and with no word of what was asked. */
async function expectTrouble(trouble: StoreTrouble, work: () => unknown): Promise<void> {
  const thrown = await outcome(work)
  expect(thrown).toBeInstanceOf(StoreError)
  expect((thrown as StoreError).trouble).toBe(trouble)
  expect(String(thrown)).not.toMatch(/the-id|the-value|the-token/)
}

const CONTRACT = {
  'finds nothing under an id that was never written': async ({ store, family }: Given) => {
    expect(await store.get(`${family}none`)).toBeUndefined()
  },

  'gives back an entry by its id, with a version': async ({ store, family, write }: Given) => {
    await write('a', 'one')
    const entry = await store.get(`${family}a`)
    expect(entry).toEqual({ id: `${family}a`, value: 'one', version: expect.stringMatching(/^.+$/) })
  },

  'keeps every character that an id may have': async ({ store, family, write }: Given) => {
    const rests = [...VISIBLE, VISIBLE.join(''), '..', '%2e', '%25', 'a/../b', 'x'.repeat(256 - family.length)]
    await Promise.all(rests.map((rest) => write(rest, `value of ${rest}`)))
    expect(await Promise.all(rests.map((rest) => found(store, family + rest)))).toEqual(
      rests.map((rest) => `value of ${rest}`),
    )
    expect(await restsOf(store, family, 'id')).toEqual(rests.toSorted())
  },

  'tells ids of other letter case apart': async ({ store, family, write }: Given) => {
    await write('Abc', 'upper')
    await write('abc', 'lower')
    expect([await found(store, `${family}Abc`), await found(store, `${family}abc`)]).toEqual(['upper', 'lower'])
    expect(await found(store, `${family}ABC`)).toBeUndefined()
  },

  'finds nothing under an id that no entry may have': async ({ store, family }: Given) => {
    const ids = [
      '',
      'a',
      ':',
      'key:',
      ':a',
      'Key:a',
      `${family}é`,
      `${family}a b`,
      `${family}\0`,
      family.padEnd(257, 'x'),
    ]
    for (const id of ids) expect(await store.get(id)).toBeUndefined()
  },

  'writes nothing under an id that no entry may have': async ({ store, family }: Given) => {
    const ids = [
      '',
      'a',
      ':',
      'key:',
      ':a',
      'Key:a',
      `${family}é`,
      `${family}a b`,
      `${family}\0`,
      family.padEnd(257, 'x'),
    ]
    for (const id of ids) await expectUnstorable('id', () => store.put(id, 'value'))
  },

  'keeps any text': async ({ store, family, write }: Given) => {
    const given = Object.values(TEXTS)
    for (const [place, text] of given.entries()) await write(String(place), text)
    for (const [place, text] of given.entries()) expect(await found(store, family + place)).toBe(text)
    const listed = await all(store, { prefix: family, limit: 100 })
    expect(listed.map(({ value }) => value)).toEqual(given)
  },

  'keeps a value of 64 KB': async ({ store, family, write }: Given) => {
    for (const [rest, value] of [
      ['ascii', 'x'.repeat(65_536)],
      ['wide', '😀'.repeat(16_384)],
    ] as const) {
      await write(rest, value)
      expect((await found(store, family + rest)) === value).toBe(true)
    }
    expect((await all(store, { prefix: family, limit: 100 })).map(({ value }) => value.length)).toEqual([
      65_536, 32_768,
    ])
  },

  'refuses a value that is larger, or that is no text': async ({ store, family }: Given) => {
    for (const value of ['x'.repeat(65_537), '😀'.repeat(16_385), 'half \ud83d', 'a\0b']) {
      await expectUnstorable('value', () => store.put(`${family}a`, value))
    }
    expect(await store.get(`${family}a`)).toBeUndefined()
  },

  'refuses a name or a time that no listing could order': async ({ store, family }: Given) => {
    for (const name of ['', 'a\nb', 'a\0', 'half \udc00', 'é'.repeat(201)]) {
      await expectUnstorable('name', () => store.put(`${family}a`, '', { index: { name } }))
    }
    for (const time of [-1, Number.NaN, Number.POSITIVE_INFINITY, 1e13]) {
      await expectUnstorable('time', () => store.put(`${family}a`, '', { index: { expires: time } }))
      await expectUnstorable('time', () => store.put(`${family}a`, '', { expiresAt: time }))
    }
    expect(await store.get(`${family}a`)).toBeUndefined()
  },

  'gives every write another version, of the same value and after a deletion too': async ({ store, family }: Given) => {
    const versions = new Set<string>()
    for (let write = 0; write < 4; write++) {
      if (write === 3) await store.delete(`${family}a`)
      await store.put(`${family}a`, 'same')
      versions.add(await versionOf(store, `${family}a`))
    }
    expect(versions.size).toBe(4)
  },

  'tells the version that it wrote, so that nobody must read it again': async ({ store, family }: Given) => {
    const first = await store.put(`${family}a`, 'one', { ifVersion: null })
    expect(first).toEqual({ version: await versionOf(store, `${family}a`) })
    const second = await store.put(`${family}a`, 'two', { ifVersion: written(first) })
    expect(second).toEqual({ version: await versionOf(store, `${family}a`) })
    expect(await store.delete(`${family}a`, { ifVersion: written(second) })).toBe('deleted')
  },

  'writes where there is nothing, and only there': async ({ store, family }: Given) => {
    expect(await store.put(`${family}a`, 'one', { ifVersion: null })).toEqual(WRITTEN)
    expect(await store.put(`${family}a`, 'two', { ifVersion: null })).toBe('conflict')
    expect(await found(store, `${family}a`)).toBe('one')
  },

  'is not held up by an id that begins alike': async ({ store, family }: Given) => {
    await store.put(`${family}ab`, 'one')
    expect(await store.put(`${family}a`, 'two', { ifVersion: null })).toEqual(WRITTEN)
  },

  'writes over the version that was read, and over no other': async ({ store, family }: Given) => {
    await store.put(`${family}a`, 'one')
    const read = await versionOf(store, `${family}a`)
    expect(await store.put(`${family}a`, 'two', { ifVersion: read })).toEqual(WRITTEN)
    expect(await store.put(`${family}a`, 'three', { ifVersion: read })).toBe('conflict')
    expect(await store.put(`${family}a`, 'three', { ifVersion: '' })).toBe('conflict')
    expect(await found(store, `${family}a`)).toBe('two')
  },

  'writes over no version of what was deleted': async ({ store, family }: Given) => {
    await store.put(`${family}a`, 'one')
    const read = await versionOf(store, `${family}a`)
    await store.delete(`${family}a`)
    expect(await store.put(`${family}a`, 'two', { ifVersion: read })).toBe('conflict')
    await store.put(`${family}a`, 'another')
    expect(await store.put(`${family}a`, 'two', { ifVersion: read })).toBe('conflict')
    expect(await found(store, `${family}a`)).toBe('another')
  },

  'lets one of many writers of a version win': async ({ store, other, family }: Given) => {
    await store.put(`${family}a`, 'first')
    for (let round = 0; round < 5; round++) {
      const ifVersion = await versionOf(store, `${family}a`)
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => (n % 2 ? store : other).put(`${family}a`, `${round}.${n}`, { ifVersion })),
      )
      expect(results.filter((result) => result !== 'conflict')).toHaveLength(1)
      expect(await found(store, `${family}a`)).toBe(`${round}.${results.findIndex((result) => result !== 'conflict')}`)
    }
  },

  'lets one of many take a free id': async ({ store, other, family }: Given) => {
    for (let round = 0; round < 5; round++) {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          (n % 2 ? store : other).put(`${family}${round}`, String(n), { ifVersion: null }),
        ),
      )
      expect(results.filter((result) => result !== 'conflict')).toHaveLength(1)
      expect(await found(other, `${family}${round}`)).toBe(String(results.findIndex((result) => result !== 'conflict')))
    }
  },

  'shows every instance what any of them has written': async ({ store, other, family }: Given) => {
    await store.put(`${family}a`, 'one', { index: { name: 'a' } })
    expect(await found(other, `${family}a`)).toBe('one')
    await other.put(`${family}a`, 'two', { ifVersion: await versionOf(store, `${family}a`) })
    expect(await found(store, `${family}a`)).toBe('two')
    await other.delete(`${family}a`)
    expect(await store.get(`${family}a`)).toBeUndefined()
  },

  'deletes, and frees the id': async ({ store, family }: Given) => {
    await store.put(`${family}a`, 'one', { index: { name: 'a', expires: 5 } })
    await store.put(`${family}ab`, 'stays', { index: { name: 'a', expires: 5 } })
    await store.delete(`${family}a`)
    expect(await store.get(`${family}a`)).toBeUndefined()
    for (const by of ['id', 'name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual(['ab'])
    expect(await store.put(`${family}a`, 'two', { ifVersion: null })).toEqual(WRITTEN)
  },

  'deletes the version that was read, and no other': async ({ store, family }: Given) => {
    const first = written(await store.put(`${family}a`, 'one', { index: { name: 'a', expires: 5 } }))
    const second = written(await store.put(`${family}a`, 'two', { index: { name: 'a', expires: 5 } }))
    for (const ifVersion of [first, '', 'none']) {
      expect(await store.delete(`${family}a`, { ifVersion })).toBe('conflict')
    }
    for (const by of ['id', 'name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual(['a'])
    expect(await store.delete(`${family}a`, { ifVersion: second })).toBe('deleted')
    for (const by of ['id', 'name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual([])
    expect(await store.delete(`${family}a`, { ifVersion: second })).toBe('conflict')
  },

  'deletes by no version what is gone': async ({ store, family, clock }: Given) => {
    const ifVersion = written(await store.put(`${family}a`, 'one', { expiresAt: clock.at + 100 }))
    clock.at += 100
    expect(await store.delete(`${family}a`, { ifVersion })).toBe('conflict')
    expect(await store.delete(`${family}none`, { ifVersion })).toBe('conflict')
    expect(await store.delete('no id at all', { ifVersion })).toBe('conflict')
  },

  'lets one of many who write or delete a version win': async ({ store, other, family }: Given) => {
    for (let round = 0; round < 5; round++) {
      const ifVersion = written(await store.put(`${family}a`, 'first'))
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) => {
          const each = n % 2 ? store : other
          return n % 4 < 2 ? each.delete(`${family}a`, { ifVersion }) : each.put(`${family}a`, `${n}`, { ifVersion })
        }),
      )
      expect(results.filter((result) => result !== 'conflict')).toHaveLength(1)
      const winner = results.findIndex((result) => result !== 'conflict')
      expect(await found(other, `${family}a`)).toBe(winner % 4 < 2 ? undefined : `${winner}`)
    }
  },

  'deletes what is not there without a word': async ({ store, family }: Given) => {
    expect(await store.delete(`${family}none`)).toBe('deleted')
    expect(await store.delete('no id at all')).toBe('deleted')
    expect(await store.get(`${family}none`)).toBeUndefined()
  },

  'finds an entry until its time, and not from then on': async ({ store, family, clock, write }: Given) => {
    const end = clock.at + 100
    await write('a', 'one', { expiresAt: end, index: { name: 'a', expires: 7 } })
    await write('b', 'two', { expiresAt: end + 0.5, index: { name: 'b', expires: 8 } })
    clock.at = end - 0.1
    expect([await found(store, `${family}a`), await found(store, `${family}b`)]).toEqual(['one', 'two'])
    clock.at = end
    expect([await found(store, `${family}a`), await found(store, `${family}b`)]).toEqual([undefined, 'two'])
    for (const by of ['id', 'name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual(['b'])
    clock.at = end + 1
    expect(await found(store, `${family}b`)).toBeUndefined()
    for (const by of ['id', 'name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual([])
  },

  'frees an id when its time is over': async ({ store, family, clock }: Given) => {
    await store.put(`${family}a`, 'one', { expiresAt: clock.at + 100 })
    const version = await versionOf(store, `${family}a`)
    expect(await store.put(`${family}a`, 'two', { ifVersion: null })).toBe('conflict')
    clock.at += 100
    expect(await store.put(`${family}a`, 'two', { ifVersion: version })).toBe('conflict')
    expect(await store.put(`${family}a`, 'two', { ifVersion: null })).toEqual(WRITTEN)
    clock.at += 1000
    expect(await found(store, `${family}a`)).toBe('two')
  },

  'keeps an entry that was given more time': async ({ store, family, clock }: Given) => {
    for (const rest of ['longer', 'ever']) await store.put(family + rest, 'one', { expiresAt: clock.at + 100 })
    await store.put(`${family}longer`, 'two', { expiresAt: clock.at + 300 })
    await store.put(`${family}ever`, 'two')
    clock.at += 200
    // What takes back room must leave them alone.
    await store.put(`${family}sweep`, '', { expiresAt: clock.at + 100 })
    expect(await restsOf(store, family, 'id')).toEqual(['ever', 'longer', 'sweep'])
  },

  'lists the entries of a prefix by id, and no others': async ({ store, family, write }: Given) => {
    const rests = ['b', 'a:1', 'a', 'a:2', 'B', 'a:10', 'a;']
    for (const rest of rests) await write(rest, '')
    expect(await restsOf(store, family, 'id')).toEqual(['B', 'a', 'a:1', 'a:10', 'a:2', 'a;', 'b'])
    const some = await all(store, { prefix: `${family}a:`, limit: 100 })
    expect(some.map(({ id }) => id.slice(family.length))).toEqual(['a:1', 'a:10', 'a:2'])
    expect((await store.list({ prefix: `${family}none`, limit: 5 })).items).toEqual([])
  },

  'lists by name in the order of code points, equal ones by id': async ({ store, family, write }: Given) => {
    for (const [place, name] of EXPECTED_IN_ORDER.entries()) await write(String(8 - place), name, { index: { name } })
    await write('0x', 'é', { index: { name: 'é' } })
    await write('nameless', '')
    await write('ending', '', { index: { expires: 5 } })
    const listed = await all(store, { prefix: family, by: 'name', limit: 100 })
    expect(listed.map(({ value }) => value)).toEqual(
      EXPECTED_IN_ORDER.flatMap((name) => (name === 'é' ? [name, name] : name)),
    )
    expect(listed.filter(({ value }) => value === 'é').map(({ id }) => id)).toEqual([`${family}0x`, `${family}2`])
  },

  'keeps a name of 400 bytes, whatever they are': async ({ store, family, write }: Given) => {
    const names = ['"'.repeat(400), '\\'.repeat(400), 'é'.repeat(200), '😀'.repeat(100)]
    const ends = { expires: 999_999_999_999 }
    for (const [place, name] of names.entries()) {
      await write(String(place), '', { index: { name, ...ends }, expiresAt: ends.expires })
    }
    expect(await restsOf(store, family, 'name')).toEqual(['0', '1', '2', '3'])
  },

  'lists by end, equal ones by id': async ({ store, family, write }: Given) => {
    const ends = { d: 5, a: 1_800_000_000, c: 1_800_000_000, b: 99_999_999_999, e: 0 }
    for (const [rest, expires] of Object.entries(ends)) await write(rest, '', { index: { expires } })
    await write('endless', '', { index: { name: 'x' } })
    expect(await restsOf(store, family, 'expires')).toEqual(['e', 'd', 'a', 'c', 'b'])
  },

  'lists an entry where its last write put it': async ({ store, family }: Given) => {
    await store.put(`${family}a`, '1', { index: { name: 'a', expires: 1 } })
    await store.put(`${family}b`, '1', { index: { name: 'b', expires: 2 } })
    await store.put(`${family}a`, '2', { index: { name: 'c', expires: 3 } })
    for (const by of ['name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual(['b', 'a'])
    await store.put(`${family}b`, '2')
    for (const by of ['name', 'expires'] as const) expect(await restsOf(store, family, by)).toEqual(['a'])
  },

  'turns pages without loss or repetition': async ({ store, family, write }: Given) => {
    const rests = Array.from({ length: 23 }, (_, n) => String(n).padStart(2, '0'))
    for (const rest of rests)
      await write(rest, rest, { index: { name: `same ${rest.slice(0, 1)}`, expires: +rest >> 3 } })
    for (const by of ['id', 'name', 'expires'] as const) {
      for (const limit of [1, 7, 23, 24]) {
        const listed = await all(store, { prefix: family, by, limit })
        expect(listed.map(({ value }) => value)).toEqual(rests)
      }
    }
  },

  'stands by its cursor while entries come and go': async ({ store, family }: Given) => {
    const put = (rest: string) =>
      store.put(family + rest, '', { index: { name: rest, expires: Number.parseInt(rest, 36) } })
    for (const by of ['id', 'name', 'expires'] as const) {
      for (const rest of ['b', 'd', 'f', 'h', 'j', 'l']) await put(rest)
      const listed = await all(store, { prefix: family, by, limit: 2 }, async (page) => {
        if (page > 0) return
        // The entry that the cursor stands at goes, one comes before it, one after it, and one that is ahead goes.
        await store.delete(`${family}d`)
        await put('a')
        await put('i')
        await store.delete(`${family}j`)
      })
      expect(listed.map(({ id }) => id.slice(family.length))).toEqual(['b', 'd', 'f', 'h', 'i', 'l'])
      for (const rest of ['a', 'i']) await store.delete(family + rest)
    }
  },

  'refuses a cursor that is none of the listing': async ({ store, family, write }: Given) => {
    for (const rest of ['a', 'b']) await write(rest, '', { index: { name: rest } })
    const { cursor } = await store.list({ prefix: family, by: 'name', limit: 1 })
    expect(cursor).toMatch(/^[\w-]+$/)
    for (const from of ['', 'x', '***', 'W10', cursor as string]) {
      await expectUnstorable('cursor', () => store.list({ prefix: family, limit: 1, from }))
    }
  },

  'refuses a prefix that names no family': async ({ store, family }: Given) => {
    for (const prefix of ['', 'a', ':', 'Key:', 'é:', `${family}é`]) {
      await expectUnstorable('prefix', () => store.list({ prefix, limit: 1 }))
    }
    await expectUnstorable('prefix', () => store.list({ prefix: `${family}a`, by: 'name', limit: 1 }))
  },

  'gives 100 entries at most, and 1 at least': async ({ store, family, write }: Given) => {
    const rests = Array.from({ length: 103 }, (_, n) => String(n).padStart(3, '0'))
    await Promise.all(rests.map((rest) => write(rest, '', { index: { name: rest } })))
    for (const by of ['id', 'name'] as const) {
      for (const [limit, length] of [
        [1000, 100],
        [0, 1],
        [Number.NaN, 1],
      ] as const) {
        const page = await store.list({ prefix: family, by, limit })
        expect([page.items.length, typeof page.cursor]).toEqual([length, 'string'])
      }
    }
  },

  'does what the memory store does, whatever comes in whatever order': async ({ store, family, clock }: Given) => {
    const model = memory({ now: () => clock.at })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { minLength: 5, maxLength: 30 }), async (steps) => {
        const prefix = `${family.slice(0, -1)}-${run++}:`
        for (const step of steps) {
          const results = await Promise.all([store, model].map((each) => taken(each, prefix, step, clock.at)))
          expect(results[0]).toEqual(results[1])
          if (step.wait) clock.at += step.wait
        }
        for (const by of ['id', 'name', 'expires'] as const) {
          const [ours, models] = await Promise.all([store, model].map((each) => all(each, { prefix, by, limit: 2 })))
          expect(ours?.map(({ id, value }) => [id, value])).toEqual(models?.map(({ id, value }) => [id, value]))
        }
      }),
      { numRuns: 10 },
    )
  },

  'tells that it is down': async ({ store, faults, family }: Given) => {
    await store.put(`${family}kept`, 'kept')
    await expectFault('down', faults, family)
    expect(await found(store, `${family}kept`)).toBe('kept')
  },

  'tells that it is slow': async ({ store, faults, family }: Given) => {
    await store.put(`${family}kept`, 'kept')
    await expectFault('slow', faults, family)
    expect(await found(store, `${family}kept`)).toBe('kept')
  },

  'tells that it is busy': async ({ store, faults, family }: Given) => {
    await store.put(`${family}kept`, 'kept')
    const faulty = await begun('busy', faults)
    try {
      await expectTrouble('busy', () => faulty.store.put(`${family}the-id`, 'the-value'))
    } finally {
      await faulty.mend()
    }
    expect(await store.get(`${family}the-id`)).toBeUndefined()
    expect(await found(store, `${family}kept`)).toBe('kept')
  },

  'tells that it is full, and reads on': async ({ store, faults, family }: Given) => {
    await store.put(`${family}kept`, 'kept')
    const faulty = await begun('full', faults)
    try {
      await expectTrouble('full', async () => {
        for (let n = 0; n < 1000; n++) await faulty.store.put(`${family}the-id${n}`, 'the-value'.repeat(7000))
      })
      expect(await found(faulty.store, `${family}kept`)).toBe('kept')
    } finally {
      await faulty.mend()
    }
    expect(await found(store, `${family}kept`)).toBe('kept')
  },
}

function begun(trouble: Fault, faults: Subject['faults']): Promise<Faulty> {
  const begin = faults?.[trouble]
  if (!begin) throw new Error(`the subject cannot be ${trouble}: skip the test and say why`)
  return begin()
}

async function expectFault(trouble: Fault, faults: Subject['faults'], family: string): Promise<void> {
  const { store, mend } = await begun(trouble, faults)
  try {
    await expectTrouble(trouble, () => store.get(`${family}the-id`))
    await expectTrouble(trouble, () => store.put(`${family}the-id`, 'the-value'))
    await expectTrouble(trouble, () => store.put(`${family}the-id`, 'the-value', { ifVersion: null, expiresAt: 9e9 }))
    await expectTrouble(trouble, () => store.delete(`${family}the-id`))
    await expectTrouble(trouble, () => store.delete(`${family}the-id`, { ifVersion: 'the-version' }))
    await expectTrouble(trouble, () => store.list({ prefix: family, limit: 1 }))
    await expectTrouble(trouble, () => store.list({ prefix: family, by: 'name', limit: 1 }))
  } finally {
    await mend()
  }
}

const STEP = fc.record({
  rest: fc.constantFrom('a', 'b', 'ab'),
  what: fc.constantFrom('put', 'put', 'take', 'swap', 'delete', 'drop', 'get'),
  value: fc.string({ unit: 'grapheme', maxLength: 3 }),
  name: fc.option(fc.constantFrom('x', 'y', 'é', '😀'), { nil: undefined }),
  expires: fc.option(fc.constantFrom(1, 2, 10), { nil: undefined }),
  life: fc.option(fc.constantFrom(1, 5), { nil: undefined }),
  wait: fc.constantFrom(0, 0, 0, 2),
})

/** One step on one store; its result holds nothing that is random. */
async function taken(
  store: Store,
  prefix: string,
  step: typeof STEP extends fc.Arbitrary<infer S> ? S : never,
  at: number,
) {
  const id = prefix + step.rest
  const { name, expires, life } = step
  const index = { ...(name !== undefined && { name }), ...(expires !== undefined && { expires }) }
  const options = { index, ...(life !== undefined && { expiresAt: at + life }) }
  const current = await store.get(id)
  const put = async (given: PutOptions) => (await store.put(id, step.value, given)) !== 'conflict'
  const ifVersion = current?.version ?? 'none'
  if (step.what === 'put') return put(options)
  if (step.what === 'take') return put({ ...options, ifVersion: null })
  if (step.what === 'swap') return put({ ...options, ifVersion })
  if (step.what === 'delete') return store.delete(id)
  if (step.what === 'drop') return store.delete(id, { ifVersion })
  return current?.value
}

export type Title = keyof typeof CONTRACT

let families = 0

/** The contract of every store; what one cannot keep is skipped, and the reason is told. */
export function storeContract(
  start: () => Promise<Subject>,
  skips: Readonly<Partial<Record<Title, string>>> = {},
): void {
  describe('keeps the contract of a store:', () => {
    let subject: Subject

    beforeAll(async () => {
      subject = await start()
    })
    afterAll(() => subject?.stop())

    for (const [title, test] of Object.entries(CONTRACT) as [Title, (given: Given) => Promise<void>][]) {
      const reason = skips[title]
      if (reason !== undefined) {
        it.skip(`${title} (not here: ${reason})`)
        continue
      }
      it(title, async () => {
        const family = `t${families++}-${Date.now().toString(36)}:`
        const write: Given['write'] = async (rest, value, options) => {
          if (subject.seed) await subject.seed(family + rest, value, options)
          else expect(await subject.store.put(family + rest, value, options)).toEqual(WRITTEN)
        }
        await test({ ...subject, family, write })
      })
    }
  })
}

/** A clock that begins now, in whole seconds. */
export function clockFromNow(): Clock {
  return { at: Math.floor(Date.now() / 1000) }
}

/** What a call gives that nobody answers. */
export function never(): Promise<never> {
  return new Promise(() => {})
}
