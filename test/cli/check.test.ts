import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stampedDocument } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { EVERYTHING } from '../given/documents.ts'
import { fileOf, folder, run } from './run.ts'

const check = (
  document: unknown,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = { FULL: TOKENS.FULL },
) => run(['check', '--config', fileOf(document), ...args], variables)

describe('latchkey check', () => {
  it('says what a document means, on stdout', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [
        { kind: 'static-token', name: 'full', tokens: [{ secret: 'FULL' }, { secret: 'FULL' }], type: 'full-access' },
        {
          kind: 'static-token',
          name: 'custom',
          from: [{ header: 'x-api-key' }, { cookie: 'session' }],
          tokens: { secret: 'FULL' },
          type: 'custom',
          permissions: ['a.b'],
          forward: true,
          surface: 'admin',
        },
      ],
      routes: [
        { path: '/health', methods: ['GET'], public: true },
        { path: '/a/:b', permission: ['a.{b}', 'c'], credentials: ['custom'], surface: 'admin' },
        { path: '/*' },
      ],
      revocation: { withinSeconds: 120 },
    }
    const { code, stdout, stderr } = await check(document)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`routes, first match wins
  GET /health  public
  * /a/:b      a.{b} + c, surface admin, only custom
  * /*         a token, not of type custom
credentials
  full  static-token from authorization: bearer; 2 slots; full-access
  custom  static-token from x-api-key; cookie session; 1 slot; custom: a.b, surface admin
passed on to the origin: custom
revocation delay: 120 s at most (budget 120 s)
  30 s secretsSeconds: age at which secrets are read again
  90 s staleSeconds: only while their source is down; by default at most 300
changed secrets: a file under --secrets counts within secretsSeconds; a variable needs a restart
`)
  })

  it('says the same in JSON', async () => {
    const { code, stdout } = await check(DOCUMENT, ['--json'])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      host: 'node',
      routes: [{ route: 'GET /health', needs: 'public' }, { route: '* /*' }],
      credentials: [
        { name: 'full', kind: 'static-token', from: 'authorization: bearer', may: 'full-access', slots: 1 },
      ],
      forwarded: [],
      revocation: { seconds: 330, withinSeconds: null },
      faults: [],
      warnings: [],
    })
  })

  it('tells every fault with its place, on stderr, and is 1', async () => {
    const { code, stdout, stderr } = await check({
      ...DOCUMENT,
      colour: 'red',
      routes: [{ path: '/a', method: 'GET' }],
    })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(`error 2 faults in the configuration; at each place, what is allowed there:
  /routes/0/method  no such key here
  /colour  no such key here
`)
  })

  it('tells every fault in JSON on stdout, and is 1', async () => {
    const { code, stdout, stderr } = await check({ ...DOCUMENT, colour: 'red' }, ['--json'])
    expect([code, stderr]).toEqual([1, ''])
    expect(JSON.parse(stdout)).toEqual({ ok: false, faults: [{ pointer: '/colour', message: 'no such key here' }] })
  })

  it('repeats nothing of a secret that was pasted for its name, nor of a text that is no JSON', async () => {
    const pasted = { ...DOCUMENT, credentials: [{ kind: 'static-token', tokens: { secret: TOKENS.CUSTOM } }] }
    for (const document of [pasted, `{"secret": "${TOKENS.CUSTOM}`, TOKENS.CUSTOM]) {
      for (const args of [[], ['--json']]) {
        const { code, stdout, stderr } = await check(document, args)
        expect(code).toBe(1)
        expect(stdout + stderr).not.toContain(TOKENS.CUSTOM)
      }
    }
  })

  it('warns of weak secrets and of those that are not set, and never tells one', async () => {
    const document = { ...DOCUMENT, proxies: { secret: { secret: 'UNSET' } } }
    const { code, stderr } = await check(document, [], { FULL: 'changeme' })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning secret FULL is a placeholder; make one with: latchkey token$/m)
    expect(stderr).toMatch(/^warning .*UNSET.* not set/m)
    expect(stderr).not.toContain('changeme')
  })

  it('tells of a weak pepper by what peppers are made', async () => {
    const document = {
      ...DOCUMENT,
      credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'LATCHKEY_PEPPER' }] }],
      store: { binding: 'KEYS', kind: 'dynamodb' },
    }
    const { stderr } = await check(document, [], { LATCHKEY_PEPPER: 'changeme' })
    expect(stderr).toMatch(/^warning secret LATCHKEY_PEPPER is a placeholder; make one with: latchkey pepper$/m)
  })

  it('finds a secret that no place can hold, and is 1', async () => {
    const { code, stdout, stderr } = await check(DOCUMENT, ['--json'], { FULL: 'two words' })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      faults: ['secret FULL has a space, a comma or a character outside ASCII'],
    })
    expect(stdout + stderr).not.toContain('two words')
  })

  it('says by what the origin can prove a request', async () => {
    const identity = {
      audience: 'orders',
      publicOrigin: 'https://api.example',
      keys: [{ secret: 'ONE' }, { secret: 'TWO' }],
    }
    const { stdout } = await check({ ...DOCUMENT, identity: { ...identity, next: { secret: 'THREE' } } })
    expect(stdout).toMatch(
      /^signed identity: EdDSA, for orders at https:\/\/api\.example; 2 slots, and what signs next$/m,
    )
    expect((await check(DOCUMENT)).stdout).not.toContain('signed identity')
  })

  it.each([
    ['EdDSA', 'x'.repeat(40), 'secret SIGNING: it is no private JSON Web Key of P-256 or Ed25519'],
    ['HS256', 'x'.repeat(31), 'secret SIGNING: it has fewer than 32 bytes'],
  ])('finds a secret by which nothing can be signed, and is 1: %s', async (algorithm, value, expected) => {
    const identity = { audience: 'orders', publicOrigin: 'https://api.example', algorithm, keys: { secret: 'SIGNING' } }
    const { code, stdout } = await check({ ...DOCUMENT, identity }, ['--json'], { FULL: TOKENS.FULL, SIGNING: value })
    expect([code, JSON.parse(stdout).faults]).toEqual([1, [expected]])
  })

  it('looks for secrets in a folder and in a file of variables', async () => {
    const secrets = folder()
    writeFileSync(join(secrets, 'FULL'), TOKENS.FULL)
    expect((await check(DOCUMENT, ['--secrets', secrets], {})).stderr).toBe('')
    const variables = fileOf(`FULL=${TOKENS.FULL}\n`, '.env')
    expect((await check(DOCUMENT, ['--env-file', variables], {})).stderr).toBe('')
  })

  it.each([
    [
      'aws',
      [
        '"realm" is ignored on aws, but by the administration and by a guard',
        '"origin" is ignored on aws',
        '"proxies" is ignored on aws, but by the administration and by a guard',
      ],
    ],
    ['vercel', ['"origin" is ignored on vercel', '"apis" is ignored on vercel']],
    ['cloudflare', ['"apis" is ignored on cloudflare']],
  ])('warns of keys that %s ignores', async (host, expected) => {
    const { code, stdout } = await check(EVERYTHING, ['--host', host, '--json'])
    const { warnings } = JSON.parse(stdout) as { warnings: string[] }
    expect(code).toBe(0)
    expect(warnings.filter((warning) => warning.includes('ignored')).slice(0, 3)).toEqual(expected)
  })

  it('warns of a document that a TOKEN authorizer refuses', async () => {
    const document = { ...DOCUMENT, addresses: { allow: ['10.0.0.0/8'] } }
    expect((await check(document, ['--host', 'aws'])).stderr).toContain('use a REQUEST authorizer')
    expect((await check(DOCUMENT, ['--host', 'aws'])).stderr).toBe('')
  })

  it('warns of loopback as a proxy without a secret', async () => {
    const open = { ...DOCUMENT, proxies: { addresses: ['127.0.0.0/8'] } }
    expect((await check(open)).stderr).toContain('"proxies" lists loopback without a secret')
    const shared = { ...DOCUMENT, proxies: { addresses: ['127.0.0.0/8'], secret: { secret: 'FULL' } } }
    expect((await check(shared)).stderr).not.toContain('loopback')
  })

  it('does not know other hosts', async () => {
    expect(await check(DOCUMENT, ['--host', 'heroku'])).toMatchObject({ code: 2, stdout: '' })
  })

  it('writes a document with a stamp', async () => {
    const path = join(folder(), 'checked.json')
    expect((await check(DOCUMENT, ['--emit', path])).code).toBe(0)
    expect(stampedDocument(JSON.parse(readFileSync(path, 'utf8')))).toEqual(DOCUMENT)
  })

  it('stamps no faulty document', async () => {
    const path = join(folder(), 'checked.json')
    expect((await check({ ...DOCUMENT, colour: 'red' }, ['--emit', path])).code).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it.each([
    ['no document', ['check'], 'name the document: --config FILE'],
    [
      'no such document',
      ['check', '--config', '/nowhere/latchkey.json'],
      '--config /nowhere/latchkey.json: no such file',
    ],
    ['a folder for a document', ['check', '--config', '/'], '--config /: cannot be read'],
    ['no such file of variables', ['check', '--env-file', '/nowhere/.env'], '--env-file /nowhere/.env: no such file'],
  ])('is 2 where there is %s', async (_, args, message) => {
    expect(await run(args)).toMatchObject({ code: 2, stdout: '', stderr: `error ${message}\nsee: latchkey --help\n` })
  })

  it('takes LATCHKEY_CONFIG for a path or for the document itself, below the flag', async () => {
    const named = fileOf({ ...DOCUMENT, revocation: { withinSeconds: 60 } })
    const seconds = async (args: readonly string[], config: string) => {
      const { stdout } = await run(['check', '--json', ...args], { LATCHKEY_CONFIG: config, FULL: TOKENS.FULL })
      return (JSON.parse(stdout) as { revocation: { seconds: number } }).revocation.seconds
    }
    expect(await seconds([], named)).toBe(60)
    expect(await seconds([], ` ${JSON.stringify(DOCUMENT)}`)).toBe(330)
    expect(await seconds(['--config', named], JSON.stringify(DOCUMENT))).toBe(60)
  })
})
