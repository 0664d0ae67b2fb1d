import { spawn, spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { StoreError } from '../../src/model/store-error.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { clockFromNow, storeContract, WRITTEN } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-sqlite-'))
let files = 0
const newFile = () => join(folder, `${files++}.db`)

afterAll(() => rmSync(folder, { recursive: true }))

describe('sqlite', () => {
  storeContract(
    async () => {
      const clock = clockFromNow()
      const now = () => clock.at
      const file = newFile()
      const store = sqlite(file, { now })
      const other = sqlite(file, { now })
      return {
        store,
        other,
        clock,
        faults: {
          down: async () => {
            const closed = sqlite(file, { now })
            closed.close()
            return { store: closed, mend: async () => undefined }
          },
          busy: async () => {
            const writer = new DatabaseSync(file)
            writer.exec('BEGIN IMMEDIATE')
            const waiting = sqlite(file, { now, patienceMilliseconds: 20 })
            return {
              store: waiting,
              mend: async () => {
                writer.close()
                waiting.close()
              },
            }
          },
          full: async () => {
            const bounded = sqlite(file, { now, maxBytes: statSync(file).size + 1_000_000 })
            return { store: bounded, mend: async () => bounded.close() }
          },
        },
        stop: async () => {
          store.close()
          other.close()
        },
      }
    },
    {
      'tells that it is slow':
        'a file is read in this process; what it waits for is another writer, and then it is busy',
    },
  )

  it('gives an entry at once', async () => {
    const store = sqlite(':memory:')
    await store.put('key:a', 'one')
    expect(store.get('key:a')).toMatchObject({ value: 'one' })
    store.close()
  })

  it('keeps entries from one run to the next', async () => {
    const file = newFile()
    const first = sqlite(file)
    await first.put('key:a', 'one', { index: { name: 'a' } })
    first.close()
    const second = sqlite(file)
    expect(second.get('key:a')).toMatchObject({ value: 'one' })
    second.close()
  })

  it('is opened by many at once while it is new', async () => {
    const file = newFile()
    const stores = Array.from({ length: 4 }, () => sqlite(file))
    await Promise.all(stores.map((store, n) => store.put(`key:${n}`, 'value')))
    expect((await (stores[0] as (typeof stores)[0]).list({ prefix: 'key:', limit: 10 })).items).toHaveLength(4)
    for (const store of stores) store.close()
  })

  it('has the tables of the migrations for D1', () => {
    const file = newFile()
    sqlite(file).close()
    const migrated = newFile()
    const folder = new URL('../../migrations/d1/', import.meta.url)
    for (const name of readdirSync(folder).sort()) written(migrated, readFileSync(new URL(name, folder), 'utf8'))
    expect(schemaOf(file)).toEqual(schemaOf(migrated))
  })

  it('makes a file that only its owner reads', () => {
    const file = newFile()
    sqlite(file).close()
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it.each([1, 2, 3])('loses nothing that it told when it is killed in mid-write (%i)', async () => {
    const file = newFile()
    const child = spawn(process.execPath, [join(import.meta.dirname, 'write-until-killed.ts'), file])
    let told = -1
    const ended = new Promise((resolve) => child.on('close', resolve))
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line)
      if (told === 120) child.kill('SIGKILL')
    }
    await ended
    expect(told).toBeGreaterThanOrEqual(120)

    const check = new DatabaseSync(file)
    expect(check.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    check.close()
    const store = sqlite(file)
    const { items } = await store.list({ prefix: 'key:', by: 'name', limit: 100 })
    expect(items).toHaveLength(50)
    // The write that was under way is there whole, or not at all.
    const newest = Math.max(...items.map(({ value }) => (JSON.parse(value) as { n: number }).n))
    expect([told, told + 1]).toContain(newest)
    expect(await store.put('key:after', 'value', { ifVersion: null })).toEqual(WRITTEN)
    store.close()
  })

  it('tells that a file is damaged that was cut while it was read', async () => {
    const file = await fileWith(Object.fromEntries(Array.from({ length: 2000 }, (_, n) => [`${n}`, 'x'.repeat(3000)])))
    const child = spawnSync(process.execPath, [join(import.meta.dirname, 'read-truncated.ts'), file, '2000'])
    expect([child.signal, child.status]).toEqual([null, 0])
    expect(`${child.stdout}`).toMatch(/^(StoreError (down|unreadable),?)+$/)
  })

  describe('where another file takes its place', () => {
    async function running(entries: Record<string, string> = { a: 'old' }) {
      const clock = clockFromNow()
      const file = await fileWith(entries)
      return { clock, file, store: sqlite(file, { now: () => clock.at }) }
    }

    it('reads that one a second later', async () => {
      const { clock, file, store } = await running()
      expect(store.get('key:a')).toMatchObject({ value: 'old' })
      const backup = await fileWith({ a: 'new', b: 'new' })
      removed(file)
      copyFileSync(backup, file)
      expect(store.get('key:a')).toMatchObject({ value: 'old' })
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      expect((await store.list({ prefix: 'key:', limit: 10 })).items).toHaveLength(2)
      store.close()
    })

    it('writes to that one at once', async () => {
      const { file, store } = await running()
      expect(store.get('key:a')).toMatchObject({ value: 'old' })
      const backup = await fileWith({ a: 'new' })
      removed(file)
      copyFileSync(backup, file)
      expect(await store.put('key:a', 'mine', { ifVersion: null })).toBe('conflict')
      expect(await store.put('key:b', 'mine')).toEqual(WRITTEN)
      expect(await store.delete('key:a')).toBe('deleted')
      const other = sqlite(file)
      expect([other.get('key:a'), other.get('key:b')]).toEqual([undefined, expect.objectContaining({ value: 'mine' })])
      other.close()
      store.close()
    })

    it('mixes nothing of the old log into it', async () => {
      const { clock, file, store } = await running()
      for (let n = 0; n < 20; n++) await store.put(`key:old${n}`, 'x'.repeat(5000))
      expect(statSync(`${file}-wal`).size).toBeGreaterThan(0)
      renameSync(await fileWith({ a: 'new' }), file)
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      expect((await store.list({ prefix: 'key:', limit: 100 })).items).toHaveLength(1)
      expect(await store.put('key:b', 'mine')).toEqual(WRITTEN)
      store.close()
      const check = new DatabaseSync(file)
      expect(check.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
      expect(check.prepare('SELECT id FROM entries').all()).toEqual([{ id: 'key:a' }, { id: 'key:b' }])
      check.close()
    })

    it('leaves alone the log that another process keeps beside it', async () => {
      const { clock, file, store } = await running()
      await store.put('key:old', 'value')
      const backup = await fileWith({ a: 'new' })
      removed(file)
      copyFileSync(backup, file)
      const other = sqlite(file)
      await other.put('key:b', 'theirs')
      clock.at += 1
      expect(store.get('key:b')).toMatchObject({ value: 'theirs' })
      await other.put('key:b', 'theirs again')
      expect(store.get('key:b')).toMatchObject({ value: 'theirs again' })
      other.close()
      store.close()
    })

    it('follows a link that leads elsewhere', async () => {
      const clock = clockFromNow()
      const [link, first, second] = [newFile(), await fileWith({ a: 'old' }), await fileWith({ a: 'new' })]
      symlinkSync(first, link)
      const store = sqlite(link, { now: () => clock.at })
      await store.put('key:b', 'kept')
      rmSync(link)
      symlinkSync(second, link)
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      store.close()
      const old = sqlite(first)
      expect(old.get('key:b')).toMatchObject({ value: 'kept' })
      old.close()
    })

    it('is down until there is one, and makes none', async () => {
      const { clock, file, store } = await running()
      const backup = await fileWith({ a: 'new' })
      removed(file)
      clock.at += 1
      expect(troubleOf(() => store.get('key:a')).trouble).toBe('down')
      await expect(store.put('key:a', 'value')).rejects.toMatchObject({ name: 'StoreError', trouble: 'down' })
      await expect(store.list({ prefix: 'key:', limit: 1 })).rejects.toMatchObject({ trouble: 'down' })
      expect(existsSync(file)).toBe(false)
      renameSync(backup, file)
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      store.close()
    })

    it('is down while that one is empty, and fills nothing in', async () => {
      const { clock, file, store } = await running()
      removed(file)
      writeFileSync(file, '')
      clock.at += 1
      expect(troubleOf(() => store.get('key:a')).trouble).toBe('down')
      expect(statSync(file).size).toBe(0)
      copyFileSync(await fileWith({ a: 'new' }), file)
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      store.close()
    })

    it('reads none that is copied in half, and then the whole', async () => {
      const { clock, file, store } = await running()
      const backup = await fileWith({ a: 'new', b: 'x'.repeat(50_000) })
      removed(file)
      writeFileSync(file, readFileSync(backup).subarray(0, 20_000))
      clock.at += 1
      expect(troubleOf(() => store.get('key:a')).trouble).toBe('unreadable')
      copyFileSync(backup, file)
      clock.at += 1
      expect(store.get('key:a')).toMatchObject({ value: 'new' })
      store.close()
    })

    it('is closed for good', async () => {
      const { clock, file, store } = await running()
      store.close()
      store.close()
      renameSync(await fileWith({ a: 'new' }), file)
      clock.at += 1
      expect(troubleOf(() => store.get('key:a')).trouble).toBe('down')
    })
  })

  it('looks for no file where it keeps all in memory', async () => {
    const clock = clockFromNow()
    const store = sqlite(':memory:', { now: () => clock.at })
    await store.put('key:a', 'one')
    clock.at += 10
    expect(await store.put('key:b', 'two')).toEqual(WRITTEN)
    expect(store.get('key:a')).toMatchObject({ value: 'one' })
    expect(existsSync(':memory:')).toBe(false)
    store.close()
  })

  it('takes back the room of entries whose time is over', async () => {
    const clock = clockFromNow()
    const file = newFile()
    const store = sqlite(file, { now: () => clock.at })
    for (let n = 0; n < 150; n++) await store.put(`usage:${n}`, 'value', { expiresAt: clock.at + 10 })
    clock.at += 10
    for (let n = 0; n < 2; n++) await store.put(`usage:new${n}`, 'value', { expiresAt: clock.at + 10 })
    store.close()
    const rows = new DatabaseSync(file)
    expect(rows.prepare('SELECT count(*) AS rows FROM entries').get()).toEqual({ rows: 2 })
    rows.close()
  })

  it.each<[name: string, prepare: (file: string) => void, trouble: string]>([
    ['that is no database', (file) => writeFileSync(file, 'Lorem ipsum dolor sit amet '.repeat(100)), 'unreadable'],
    ['of another program', (file) => written(file, 'CREATE TABLE users (id)'), 'unreadable'],
    ['of a later version', (file) => written(file, 'PRAGMA user_version = 2'), 'unreadable'],
    ['that is a folder', (file) => mkdirSync(file), 'down'],
    ['in a folder that is not there', () => undefined, 'down'],
  ])('refuses a file %s', (name, prepare, trouble) => {
    const file = name.startsWith('in') ? join(folder, 'none', 'a.db') : newFile()
    prepare(file)
    const thrown = troubleOf(() => sqlite(file))
    expect(thrown.trouble).toBe(trouble)
  })

  it('names the Node that it needs where this one has no SQLite', () => {
    const spy = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined as never)
    try {
      const thrown = troubleOf(() => sqlite(newFile()))
      expect([thrown.trouble, thrown.message]).toEqual(['refused', expect.stringContaining('Node 22.13')])
    } finally {
      spy.mockRestore()
    }
  })
})

/** A file with these keys that nobody has open. */
async function fileWith(values: Record<string, string>): Promise<string> {
  const file = newFile()
  const store = sqlite(file)
  for (const [rest, value] of Object.entries(values)) await store.put(`key:${rest}`, value)
  store.close()
  return file
}

/** As `rm keys.db*`. */
function removed(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
}

function written(file: string, sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

function schemaOf(file: string): unknown[] {
  const database = new DatabaseSync(file)
  const rows = database.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all() as Record<string, string>[]
  database.close()
  return rows.map(({ name, sql }) => [name, sql?.replace(/\s+/g, ' ')])
}

function troubleOf(work: () => unknown): StoreError {
  try {
    work()
  } catch (error) {
    expect(error).toBeInstanceOf(StoreError)
    return error as StoreError
  }
  throw new Error('nothing was thrown')
}
