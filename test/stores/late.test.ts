import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { late as lateLimiter } from '../../src/limiters/late.ts'
import { sqlite as countedInSqlite } from '../../src/limiters/sqlite.ts'
import { atNeed, late } from '../../src/stores/late.ts'
import { memory } from '../../src/stores/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { WRITTEN } from './contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-late-'))

afterAll(() => rmSync(folder, { recursive: true }))

test('a store and a limiter whose folder was not there yet serve once it is', async () => {
  const clock = { at: 1000 }
  const later = join(folder, 'later')
  const file = join(later, 'keys.db')
  const store = late(
    async () => sqlite(file),
    () => clock.at,
  )
  const limiter = lateLimiter(
    async () => countedInSqlite(file),
    () => clock.at,
  )
  const take = async () => limiter.take([{ id: 'key:a/60s', requests: 9, startsAt: 0, endsAt: 60 }], 0)
  const down = { name: 'StoreError', trouble: 'down' }
  await expect(store.get('key:a')).rejects.toMatchObject(down)
  await expect(store.put('key:a', 'value')).rejects.toMatchObject(down)
  await expect(take()).rejects.toMatchObject(down)
  mkdirSync(later)
  await expect(store.list({ prefix: 'key:', limit: 1 })).rejects.toMatchObject(down)
  clock.at += 5
  expect(await store.put('key:a', 'value')).toEqual(WRITTEN)
  expect(store.get('key:a')).toMatchObject({ value: 'value' })
  expect(await take()).toEqual({ allowed: true, remaining: [8] })
  expect(await store.delete('key:a')).toBe('deleted')
})

test('a store that is opened at need is opened by its first call, whichever that is', async () => {
  const opened: string[] = []
  const opening = (name: string) =>
    atNeed(
      async () => {
        opened.push(name)
        return memory()
      },
      () => 1000,
    )
  const [read, written] = [opening('read'), opening('written')]
  expect(opened).toEqual([])
  expect(await read.get('key:a')).toBeUndefined()
  expect(await written.put('key:a', 'value')).toEqual(WRITTEN)
  expect(written.get('key:a')).toMatchObject({ value: 'value' })
  expect(opened).toEqual(['read', 'written'])
})
