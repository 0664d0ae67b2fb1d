import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { sqlite } from '../../src/limiters/sqlite.ts'
import { sqlite as store } from '../../src/stores/sqlite.ts'
import { limiterContract } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-counters-'))
let files = 0
const newFile = () => join(folder, `${files++}.db`)

afterAll(() => rmSync(folder, { recursive: true }))

const quota = (id: string, startsAt: number) => ({ id, requests: 9, startsAt, endsAt: startsAt + 60 })

describe('sqlite', () => {
  limiterContract(
    async () => {
      const file = newFile()
      const limiter = sqlite(file)
      const other = sqlite(file)
      return {
        limiter,
        other,
        faults: {
          down: async () => {
            const closed = sqlite(file)
            closed.close()
            return { limiter: closed, mend: async () => undefined }
          },
          busy: async () => {
            const writer = new DatabaseSync(file)
            writer.exec('BEGIN IMMEDIATE')
            const waiting = sqlite(file, { patienceMilliseconds: 20 })
            return {
              limiter: waiting,
              mend: async () => {
                writer.close()
                waiting.close()
              },
            }
          },
        },
        stop: async () => {
          limiter.close()
          other.close()
        },
      }
    },
    {
      'tells that it is slow':
        'a file is written in this process; what it waits for is another writer, and then it is busy',
    },
  )

  it('answers at once', () => {
    const limiter = sqlite(':memory:')
    expect(limiter.take([quota('key:a/60s', 0)], 0)).toEqual({ allowed: true, remaining: [8] })
    limiter.close()
  })

  it('counts in the file of the store, whichever of them was first', async () => {
    for (const isStoreFirst of [true, false]) {
      const file = newFile()
      const early = isStoreFirst ? undefined : sqlite(file)
      const entries = store(file)
      const limiter = early ?? sqlite(file)
      await entries.put('key:a', 'value')
      expect(limiter.take([quota('key:a/60s', 0)], 0)).toMatchObject({ allowed: true })
      expect(await entries.get('key:a')).toMatchObject({ value: 'value' })
      entries.close()
      limiter.close()
    }
  })

  it('goes on counting where the last run has ended', () => {
    const file = newFile()
    const first = sqlite(file)
    first.take([quota('key:a/60s', 0)], 0)
    first.close()
    const second = sqlite(file)
    expect(second.take([quota('key:a/60s', 0)], 0)).toEqual({ allowed: true, remaining: [7] })
    second.close()
  })

  it('counts in the file that takes the place of its own, and in none where there is none', () => {
    const [file, away] = [newFile(), newFile()]
    const limiter = sqlite(file)
    limiter.take([quota('key:a/60s', 0)], 0)
    for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`)
    expect(() => limiter.take([quota('key:a/60s', 0)], 1)).toThrow(expect.objectContaining({ trouble: 'down' }))
    expect(existsSync(file)).toBe(false)
    const other = sqlite(away)
    for (let n = 0; n < 3; n++) other.take([quota('key:a/60s', 0)], 0)
    other.close()
    renameSync(away, file)
    expect(limiter.take([quota('key:a/60s', 0)], 2)).toEqual({ allowed: true, remaining: [5] })
    limiter.close()
  })

  it('allows exactly as many of a crowd of processes', async () => {
    const file = newFile()
    sqlite(file).close()
    const args = [join(import.meta.dirname, 'take-many.ts'), file]
    const processes = Array.from({ length: 3 }, () => promisify(execFile)(process.execPath, args))
    const allowed = (await Promise.all(processes)).map(({ stdout }) => Number(stdout))
    expect(allowed.reduce((sum, each) => sum + each, 0)).toBe(1000)
  })

  it('takes back the room of counters whose window is over', () => {
    const file = newFile()
    const limiter = sqlite(file)
    for (let n = 0; n < 150; n++) limiter.take([quota(`key:${n}/60s`, 0)], 0)
    for (let n = 0; n < 2; n++) limiter.take([quota(`key:new${n}/60s`, 120)], 120)
    limiter.close()
    const rows = new DatabaseSync(file)
    expect(rows.prepare('SELECT count(*) AS rows FROM counters').get()).toEqual({ rows: 2 })
    rows.close()
  })

  it('tells that it is full, and counts on where it has a counter', () => {
    const file = newFile()
    sqlite(file).close()
    const limiter = sqlite(file, { maxBytes: statSync(file).size + 50_000 })
    const full = expect.objectContaining({ trouble: 'full' })
    const fill = () => {
      for (let n = 0; n < 10_000; n++) limiter.take([quota(`key:${n}${'x'.repeat(500)}/60s`, 0)], 0)
    }
    expect(fill).toThrow(full)
    expect(limiter.take([quota(`key:0${'x'.repeat(500)}/60s`, 0)], 0)).toEqual({ allowed: true, remaining: [7] })
    limiter.close()
  })
})
