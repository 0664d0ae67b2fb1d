import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folder, run } from '../run.ts'
import { runHere } from '../run-here.ts'

const STORE = ['--store', 'memory:']
const TOKEN = 'lk_110jSOhO9Vk3xwZd7O2065KukRDItj6o47Kyp7S3zdQHPhZuQKO4jeEaGhqATm3Qe3dGwOkG62dQHZK'

describe('latchkey keys', () => {
  it('alone tells its commands on stderr, and is not understood', async () => {
    const { code, stdout, stderr } = await run(['keys'])
    expect([code, stdout]).toEqual([2, ''])
    for (const command of ['create', 'list', 'rotate', 'revoke', 'import']) expect(stderr).toContain(command)
  })

  it('--help tells them on stdout, and each its flags', async () => {
    expect(await run(['keys', '--help'])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('expiring'),
    })
    const { code, stdout, stderr } = await run(['keys', 'rotate', '--help'])
    expect([code, stderr]).toEqual([0, ''])
    for (const text of ['latchkey keys rotate', '<KEY>', '--overlap', '--store']) expect(stdout).toContain(text)
  })

  it.each([
    [['dance'], "no command 'keys dance'", ''],
    [['create'], 'name the key: --name billing', 'create'],
    [['create', '--nam', 'ci'], "Unknown option '--nam'", 'create'],
    [['create', '--name', 'ci', '--name', 'b'], "Option '--name' may be given once", 'create'],
    [['create', '--name', 'ci', '--expires', '90'], '--expires takes a duration with its unit', 'create'],
    [['create', '--name', 'ci', '--expires', '-1d'], "Option '--expires' argument is ambiguous", 'create'],
    [['create', '--name', 'ci', '--limit', '100/60'], '--limit takes requests and a span', 'create'],
    [['create', '--name', 'ci', '--type', 'admin'], '--type takes full-access, read-only, custom', 'create'],
    [['create', '--name', 'ci', '--metadata', 'a'], '--metadata takes NAME=TEXT', 'create'],
    [['create', '--name', 'ci', '--metadata', 'a=1', '--metadata', 'a=2'], "--metadata names 'a' twice", 'create'],
    [['create', '--name', 'ci', '--out', 'f'], '--out and --table go with --emit', 'create'],
    [['create', '--name', 'ci', '--emit', 'sql'], '--emit writes to a file', 'create'],
    [['create', '--name', 'ci', '--emit', 'xml', '--out', 'f'], '--emit takes sql, kv, dynamodb-json', 'create'],
    [['create', '--name', 'ci', '--emit', 'sql', '--out', 'f', ...STORE], '--emit reaches no store', 'create'],
    [['list', '--limit', '0', ...STORE], '--limit takes a whole number', 'list'],
    [['list', '--limit', '5', '--all', ...STORE], '--limit and --all: only one of them', 'list'],
    [['list', '--sort', 'age', ...STORE], '--sort takes id, name, expires', 'list'],
    [['list'], 'name where the keys are', 'list'],
    [['list', '--url', 'https://a.example', ...STORE], '--url and --store: only one of them', 'list'],
    [['show', ...STORE], 'name a key by its id or its name', 'show'],
    [['show', 'a', 'b', ...STORE], "Unexpected argument 'b'", 'show'],
    [['show', '', ...STORE], 'KEY is an id, or a name', 'show'],
    [['show', TOKEN, ...STORE], 'that is a token, which belongs in no argument; the key is 0jSOhO9Vk3xwZd7O2', 'show'],
    [['update', 'ci', ...STORE], 'say what to change', 'update'],
    [['rotate', 'ci', '--overlap', '24', ...STORE], '--overlap takes a duration with its unit', 'rotate'],
    [['rotate', 'ci', '--renew', 'soon', ...STORE], '--renew takes a duration with its unit', 'rotate'],
    [['delete', 'ci', ...STORE], 'delete asks at a terminal; elsewhere say --yes', 'delete'],
    [['expiring', '--within', '7', ...STORE], '--within takes a duration with its unit', 'expiring'],
    [['usage', '--since', '30', ...STORE], '--since takes how long ago', 'usage'],
    [['usage', '--since', '500d', ...STORE], '400 days at most', 'usage'],
    [['usage', '--since', '1d', '--until', '3d', ...STORE], 'not before', 'usage'],
    [['usage', '--csv', '--json', ...STORE], '--csv and --json: only one of them', 'usage'],
    [['import', '--file', 'f', ...STORE], '--from: one of', 'import'],
    [['log', 'ci', '--limit', 'many', ...STORE], '--limit takes a whole number', 'log'],
  ])('%j is not understood: 2, one line that says why, nothing on stdout', async (args, message, command) => {
    const { code, stdout, stderr } = await runHere(['keys', ...args])
    expect([code, stdout]).toEqual([2, ''])
    const [first, second, ...more] = stderr.split('\n')
    expect(first).toMatch(/^error /)
    expect(first).toContain(message)
    expect([second, more]).toEqual([`see: ${['latchkey keys', command].join(' ').trim()} --help`, ['']])
    expect(stderr).not.toContain(TOKEN)
  })

  it('repeats no token that was pasted in the wrong place', async () => {
    for (const args of [
      ['list', TOKEN],
      ['create', `--${TOKEN}`],
      [TOKEN],
      ['create', '--name', 'a', '--metadata', TOKEN],
    ]) {
      const { code, stderr } = await runHere(['keys', ...args, ...STORE])
      expect(code).toBe(2)
      expect(stderr).not.toContain(TOKEN.slice(20))
    }
  })

  it('needs a key for a deployment, from the environment alone', async () => {
    const { code, stdout, stderr } = await run(['keys', 'list', '--url', 'https://a.example'])
    expect([code, stdout, stderr]).toEqual([1, '', 'error set LATCHKEY_KEY to a key of surface keys\n'])
  })
})

describe('a store that cannot be asked', () => {
  it.each([
    ['of a kind that there is not', () => 'postgres:secret-text', /^error store: a store is memory: or sqlite:FILE/],
    ['without its variables', () => 'upstash:https://x.example', /^error upstash: set UPSTASH_REDIS_REST_TOKEN/],
    ['in a folder that there is not', () => `sqlite:${join(folder(), 'none', 'secret-text')}`, /^error sqlite: /],
    [
      'that is another program’s file',
      () => `sqlite:${fileAt('no database at all, but longer than a header of one'.repeat(20))}`,
      /^error sqlite: the file is no SQLite database\n$/,
    ],
  ])('%s is told in one line, without the text of the store', async (_, text, message) => {
    const { code, stdout, stderr } = await run(['keys', 'list', '--store', text()])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(message)
    expect(stderr.split('\n')).toHaveLength(2)
    expect(stderr).not.toContain('secret-text')
  })
})

function fileAt(text: string): string {
  const path = join(folder(), 'other.db')
  writeFileSync(path, text)
  return path
}
