import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { PepperMissing, pepperBeside, pepperOfStore } from '../../adapters/node/pepper.ts'
import type { Reader } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'

const NOTHING = env({})
const EMPTY: Reader = { get: () => undefined }
/** A store in which keys were made under a pepper. */
const USED: Reader = { get: (id) => (id === 'meta:pepper:1' ? { id, value: 'check', version: 'v' } : undefined) }

let folder: string
let file: string
let text: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-pepper-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  file = join(folder, 'keys.db.pepper')
  text = `sqlite:${join(folder, 'keys.db')}`
})

describe('the pepper beside a store', () => {
  it('is the secret, where there is one, whatever the store', async () => {
    for (const store of [text, 'dynamodb:latchkey', 'upstash:', 'memory:']) {
      const found = await pepperBeside(store, env({ LATCHKEY_PEPPER: 'from the environment\n' }), EMPTY)
      expect(found).toEqual({ pepper: { version: '1', secret: 'from the environment' } })
    }
    expect(existsSync(file)).toBe(false)
  })

  it('is made beside an SQLite file, for its owner alone, and told the first time', async () => {
    const first = await pepperBeside(text, NOTHING, EMPTY)
    expect(first.made).toBe(file)
    expect(first.pepper.secret).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toBe(`${first.pepper.secret}\n`)
    expect(readdirSync(folder)).toEqual(['keys.db.pepper'])
    expect(await pepperBeside(text, NOTHING, USED)).toEqual({ pepper: first.pepper })
    expect(await pepperOfStore(text, NOTHING)).toEqual(first.pepper)
  })

  it('is one for many that start at once', async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => pepperBeside(text, NOTHING, EMPTY)))
    expect(new Set(found.map(({ pepper }) => pepper.secret)).size).toBe(1)
    expect(found.filter(({ made }) => made !== undefined)).toHaveLength(1)
  })

  it('is not looked for without end behind a link that leads nowhere', async () => {
    symlinkSync(join(folder, 'a volume that is not mounted'), file)
    await expect(pepperBeside(text, NOTHING, EMPTY)).rejects.toThrow('leads to no file: bring it back')
    expect(readdirSync(folder)).toEqual(['keys.db.pepper'])
  })

  it('is another for each process that has its keys in memory', async () => {
    const stores = ['memory:', 'sqlite::memory:']
    const [one, other] = await Promise.all(stores.map((store) => pepperBeside(store, NOTHING, EMPTY)))
    expect(one?.pepper.secret).not.toBe(other?.pepper.secret)
    expect(one?.made).toBeUndefined()
  })

  it('is never made for a store whose keys were made under one that is gone', async () => {
    await expect(pepperBeside(text, NOTHING, USED)).rejects.toThrow(`bring ${file} back`)
    expect(existsSync(file)).toBe(false)
  })

  it.each(['dynamodb:latchkey', 'upstash:https://x.example', 'global-config:'])(
    'must be given for %s',
    async (store) => {
      const expected = expect(pepperBeside(store, NOTHING, EMPTY)).rejects
      await expected.toThrow('set LATCHKEY_PEPPER to the pepper of this store; make one with: latchkey pepper')
      expect(await pepperOfStore(store, NOTHING)).toBeUndefined()
    },
  )

  it('is not looked for twice: a file that is empty is told', async () => {
    writeFileSync(file, '\n')
    await expect(pepperBeside(text, NOTHING, EMPTY)).rejects.toThrow(`${file} is empty`)
  })

  it('is told where it cannot be read or written', async () => {
    const under = `sqlite:${join(folder, 'none', 'keys.db')}`
    await expect(pepperBeside(under, NOTHING, EMPTY)).rejects.toThrow(/cannot be written: ENOENT; set LATCHKEY_PEPPER/)
    await expect(pepperOfStore(`sqlite:${join(folder, 'a'.repeat(300))}`, NOTHING)).rejects.toThrow(PepperMissing)
  })
})
