import { afterEach, describe, expect, test } from 'vitest'
import type { JwtDocument } from '../../src/document.ts'
import type { Issuer } from '../given/issuer.ts'
import { startIssuer } from '../given/issuer.ts'
import type { Minted } from '../given/jwt.ts'
import { ISSUER, keySet, mint } from '../given/jwt.ts'
import { fileOf, run } from './run.ts'

const JWT: JwtDocument = {
  kind: 'jwt',
  name: 'people',
  issuer: ISSUER,
  audience: 'orders',
  algorithms: ['ES256'],
  keys: { jwks: { secret: 'JWKS' } },
  permissionsClaim: 'scope',
}
const SECRETS = { JWKS: keySet('ec1') }

const documentOf = (more: Partial<JwtDocument>) => ({
  credentials: [{ ...JWT, ...more }],
  routes: [
    { path: '/orders', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders', methods: ['POST'], permission: 'orders.write' },
  ],
})

let issuer: Issuer | undefined

afterEach(async () => {
  await issuer?.stop().catch(() => undefined)
  issuer = undefined
})

describe('latchkey explain', () => {
  const explain = (minted: Minted | string, more: Partial<JwtDocument> = {}, method = 'GET') => {
    const token = typeof minted === 'string' ? minted : mint({ at: Math.floor(Date.now() / 1000), ...minted })
    const args = [
      'explain',
      '--config',
      fileOf(documentOf(more)),
      method,
      '/orders',
      '-H',
      `Authorization: Bearer ${token}`,
    ]
    return run(args, SECRETS)
  }

  test('says whose a token is', async () => {
    const { code, stdout } = await explain({})
    expect(code).toBe(0)
    expect(stdout).toContain('passed   verify      jwt people, custom')
    expect(stdout).toContain('allow  people')
  })

  test.each<[name: string, minted: Minted | string, more: Partial<JwtDocument>, hint: string]>([
    ['an opaque token', 'opaque', {}, 'people: no JWT: an opaque token?'],
    ['an encrypted token', 'aaaa.bbbb.cccc.dddd.eeee', {}, 'people: an encrypted token'],
    ['a slash', { claims: { iss: `${ISSUER}/` } }, {}, 'people: another issuer, by a slash at the end'],
    ['an id token', { claims: { aud: 'a-client', nonce: 'n' } }, {}, 'people: another audience: an id token'],
    ['a rotated key', { by: 'ec2' }, {}, 'people: no key for it'],
  ])('hints at %s', async (_, minted, more, hint) => {
    const { code, stdout } = await explain(minted, more)
    expect(code).toBe(1)
    expect(stdout).toContain(`refused  verify      ${hint}`)
    expect(stdout).toContain('deny  401 token-unknown: Send a token that this service accepts.')
  })

  test('hints at a ceiling that has taken a permission away', async () => {
    const { stdout } = await explain({}, { type: 'read-only' }, 'POST')
    expect(stdout).toContain('refused  policy      orders.write: the ceiling of the credential')
    const { stdout: bare } = await explain({ claims: { scope: '' } }, { type: 'read-only' }, 'POST')
    expect(bare).toContain('refused  policy      orders.write\n')
  })

  test('asks an issuer for its keys, as the gate does', async () => {
    issuer = await startIssuer(keySet('ec1'))
    const more: Partial<JwtDocument> = { issuer: issuer.url, keys: { discover: true } }
    expect((await explain({ claims: { iss: issuer.url } }, more)).stdout).toContain('allow  people')
    await issuer.stop()
    const { stdout } = await explain({ claims: { iss: issuer.url } }, more)
    expect(stdout).toContain('refused  verify      the keys of its issuer cannot be had')
  })

  test('knows where metadata of the resource is told', async () => {
    const target = '/.well-known/oauth-protected-resource'
    const { code, stdout } = await run(['explain', '--config', fileOf(documentOf({})), 'GET', target], SECRETS)
    expect([code, stdout.split('\n')[0]]).toEqual([0, `passed   route       ${target} (read, any surface)`])
  })
})

describe('latchkey check', () => {
  const check = (more: Partial<JwtDocument>, secrets: Readonly<Record<string, string>> = SECRETS) =>
    run(['check', '--config', fileOf(documentOf(more))], secrets)

  test.each<[name: string, more: Partial<JwtDocument>, line: string]>([
    ['what a token says', {}, '; what each token says'],
    [
      'a ceiling',
      { type: 'custom', permissions: ['orders.*'] },
      '; what each token says, and at most custom: orders.*',
    ],
    ['the life of a token', {}, 'tokens of people count until their own end; its keys are those of the secret'],
    [
      'its age',
      { maxAgeSeconds: 900 },
      'tokens of people count until their own end, 900 s after they were issued at the latest;',
    ],
    [
      'the age of keys',
      { keys: { jwksUrl: `${ISSUER}/jwks.json` } },
      'a key that its issuer withdraws counts for 3600 s at most, and 300 s more while the issuer is down',
    ],
  ])('prints %s', async (_, more, line) => {
    const { code, stdout } = await check(more)
    expect(code).toBe(0)
    expect(stdout).toContain(line)
  })

  test.each<[name: string, more: Partial<JwtDocument>, warning: string]>([
    ['no issuer', { issuer: null }, 'credential people takes tokens of every issuer that its keys have signed'],
    ['no audience', { audience: null }, 'credential people takes tokens that were made for other services'],
    ['no end', { requireExpiry: false }, 'credential people takes tokens that never end'],
  ])('warns of %s', async (_, more, warning) => {
    const { code, stderr } = await check(more)
    expect(code).toBe(0)
    expect(stderr).toContain(warning)
  })

  test('warns of nothing where claims stand for an audience, or an age for an end', async () => {
    const { stderr } = await check({
      audience: null,
      require: { token_use: 'access' },
      requireExpiry: false,
      maxAgeSeconds: 60,
    })
    expect(stderr).toBe('')
  })

  test.each<[name: string, more: Partial<JwtDocument>, secrets: Record<string, string>, fault: string]>([
    ['a set that is none', {}, { JWKS: '{"keys": ["no keys at all"' }, 'secret JWKS: it is no JSON Web Key Set'],
    ['an id twice', {}, { JWKS: keySet('ec1', 'ec1') }, 'secret JWKS: it repeats the id of a key'],
    [
      'a short secret',
      { algorithms: ['HS256'], keys: { secret: 'SHORT' } },
      { SHORT: 'not thirty-two bytes' },
      'secret SHORT: the secret is shorter than the hash of its algorithm',
    ],
  ])('finds %s', async (_, more, secrets, fault) => {
    const { code, stderr } = await check(more, secrets)
    expect(code).toBe(1)
    expect(stderr).toContain(fault)
    expect(stderr).not.toContain('thirty-two')
  })

  test('says nothing of a secret where keys are at a URL', async () => {
    expect((await check({ keys: { discover: true } }, {})).stderr).toBe('')
  })
})
