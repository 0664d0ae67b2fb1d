import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { parseKey } from '../../../src/keys/format.ts'
import { fileOf, folder, run } from '../run.ts'
import { DOCUMENT, PEPPER } from './place.ts'

const FIRST = ['create', '--surface', 'keys', '--type', 'full-access', '--name', 'admin']

let file: string
let store: readonly string[]
beforeEach(() => {
  file = join(folder(), 'keys.db')
  store = ['--store', `sqlite:${file}`]
})

const keys = (args: readonly string[], variables: Readonly<Record<string, string>> = {}) =>
  run(['keys', ...args], variables)

describe('the first key', () => {
  it('is made in an empty file with nothing else configured, and the pepper beside it, told once', async () => {
    const first = await keys([...FIRST, ...store])
    expect([first.code, first.stdout]).toEqual([0, expect.stringMatching(/^lk_11[0-9A-Za-z]{77}\n$/)])
    expect(first.stderr).toMatch(new RegExp(`^made ${file}\\.pepper: `))
    expect(statSync(`${file}.pepper`).mode & 0o777).toBe(0o600)
    const pepper = readFileSync(`${file}.pepper`, 'utf8').trim()
    expect(first.stdout + first.stderr).not.toContain(pepper)
    const second = await keys(['create', '--name', 'ci', ...store])
    expect(second.stderr).not.toContain('pepper')
    const listed = await keys(['list', ...store, '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { id: parseKey(first.stdout.trim())?.id, surface: 'keys', type: 'full-access' },
      { name: 'ci', surface: 'api', type: 'read-only' },
    ])
  })

  it('is made in the store that LATCHKEY_STORE names, under LATCHKEY_PEPPER', async () => {
    const { code } = await keys(FIRST, { LATCHKEY_STORE: `sqlite:${file}`, LATCHKEY_PEPPER: PEPPER })
    expect([code, existsSync(file), existsSync(`${file}.pepper`)]).toEqual([0, true, false])
  })

  it('is made in the store of the document, by its rules', async () => {
    const credentials = [{ kind: 'api-key', prefixes: ['acme_test'], peppers: [{ version: 'x', secret: 'P' }] }]
    const config = fileOf({ ...DOCUMENT, credentials, keys: { maxLifetimeDays: 30 } })
    const variables = { KEYS: `sqlite:${file}`, P: PEPPER }
    const made = await keys([...FIRST, '--config', config, '--json'], variables)
    const { token, key } = JSON.parse(made.stdout) as { token: string; key: { createdAt: string; expiresAt: string } }
    expect(token).toMatch(/^acme_test_1x/)
    expect(Date.parse(key.expiresAt) - Date.parse(key.createdAt)).toBeLessThanOrEqual(30 * 86_400_000)
    const endless = await keys(['create', '--name', 'b', '--expires', 'never', '--config', config], variables)
    expect(endless).toMatchObject({ code: 1, stdout: '' })
    expect(endless.stderr).toContain('/expiresAt')
  })

  it.each([
    ['the document names a pepper that is not set', { KEYS: 'sqlite:unused.db' }, /^error set P: it holds the pepper/],
    ['its store is not set', { P: PEPPER }, /^error the document's store is in KEYS, which is not set here/],
  ])('is not made where %s', async (_, variables, message) => {
    const credentials = [{ kind: 'api-key', peppers: [{ version: 2, secret: 'P' }] }]
    const config = fileOf({ ...DOCUMENT, credentials })
    const under = 'KEYS' in variables ? { ...variables, KEYS: `sqlite:${file}` } : variables
    const { code, stdout, stderr } = await keys([...FIRST, '--config', config], under)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
  })

  it('is not made elsewhere without LATCHKEY_PEPPER', async () => {
    const aws = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' }
    const { code, stdout, stderr } = await keys([...FIRST, '--store', 'dynamodb:latchkey'], aws)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe('error set LATCHKEY_PEPPER to the pepper of this store; make one with: latchkey pepper\n')
  })
})

describe('a store that was made under a pepper', () => {
  it('takes no key under another one', async () => {
    await keys([...FIRST, ...store])
    const other = await keys(['create', '--name', 'ci', ...store], { LATCHKEY_PEPPER: PEPPER })
    expect([other.code, other.stdout]).toEqual([1, ''])
    expect(other.stderr).toContain('wrong-pepper: Use the pepper under which the keys of this store were made')
    expect((await keys(['list', ...store, '--json'])).stdout).not.toContain('"ci"')
  })

  it('gets no other pepper where its own is gone; without it keys are still listed and revoked', async () => {
    await keys([...FIRST, ...store])
    rmSync(`${file}.pepper`)
    for (const args of [
      ['create', '--name', 'ci'],
      ['rotate', 'admin'],
    ]) {
      const { code, stdout, stderr } = await keys([...args, ...store])
      expect([code, stdout]).toEqual([1, ''])
      expect(stderr).toMatch(
        /^error the keys of this store were made under a pepper that is not here: set LATCHKEY_PEPPER/,
      )
    }
    expect((await keys(['revoke', 'admin', ...store])).code).toBe(0)
    expect(existsSync(`${file}.pepper`)).toBe(false)
  })

  it('tells that its pepper is no longer what it was', async () => {
    await keys([...FIRST, ...store])
    writeFileSync(`${file}.pepper`, `${PEPPER}\n`)
    expect((await keys(['rotate', 'admin', ...store])).stderr).toContain('wrong-pepper')
  })
})
