import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { fileOf, run } from './run.ts'

const explain = (args: readonly string[], document: Document = DOCUMENT) =>
  run(['explain', '--config', fileOf(document), ...args], { ...TOKENS })

const AUTHORIZATION = ['-H', `Authorization: Bearer ${TOKENS.FULL}`]

interface Told {
  readonly decision: string
  readonly reason: string | null
  readonly status: number
  readonly identity: Readonly<Record<string, string>> | null
  readonly steps: readonly { readonly step: string; readonly outcome: string }[]
}

async function told(args: readonly string[], document?: Document): Promise<Told> {
  return JSON.parse((await explain(['--json', ...args], document)).stdout) as Told
}

describe('latchkey explain', () => {
  it('is 0 for what is allowed, and tells each step on stdout', async () => {
    const { code, stdout, stderr } = await explain(['GET', 'http://api.example/orders', ...AUTHORIZATION])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.split('\n')).toEqual([
      'passed   route       /* (read, api)',
      'passed   credential  authorization: bearer',
      'passed   verify      static-token full, full-access',
      'passed   policy      cross-site',
      'passed   policy      surface',
      'passed   policy      credentials',
      'passed   policy      permissions',
      'allow  full',
      '',
    ])
  })

  it('is 1 for what is refused, and tells why', async () => {
    const { code, stdout } = await explain(['GET', '/orders'])
    expect(code).toBe(1)
    expect(stdout).toContain('refused  credential  credential-missing')
    expect(stdout).toContain('deny  401 credential-missing: Send a token with the request.')
  })

  it.each<[string, readonly string[], Partial<Told>]>([
    ['a public route', ['GET', '/health'], { decision: 'allow', status: 200, reason: null }],
    ['an endpoint', ['GET', '/_latchkey/live'], { decision: 'allow', status: 200 }],
    ['a token', ['POST', 'https://api.example/a?b', ...AUTHORIZATION], { decision: 'allow' }],
    [
      'an unknown token',
      ['GET', '/a', '-H', 'authorization: bearer x'],
      { decision: 'deny', reason: 'token-unknown', status: 401 },
    ],
    [
      'an ambiguous path',
      ['GET', 'http://api.example/a/../b'],
      { decision: 'deny', reason: 'request-ambiguous', status: 400 },
    ],
    ['no path', ['GET', 'http://api.example', ...AUTHORIZATION], { decision: 'allow' }],
    ['a query without a path', ['GET', 'http://api.example?a=/../b', ...AUTHORIZATION], { decision: 'allow' }],
    [
      'a query with a path behind it',
      ['GET', 'http://api.example?a=/health'],
      { decision: 'deny', reason: 'credential-missing' },
    ],
    [
      'a repeated header',
      ['GET', '/a', ...AUTHORIZATION, ...AUTHORIZATION],
      { decision: 'deny', reason: 'credential-malformed' },
    ],
    ['a path outside ASCII', ['GET', '/café', ...AUTHORIZATION], { decision: 'deny', reason: 'request-ambiguous' }],
  ])('decides about %s', async (_, args, expected) => {
    expect(await told(args)).toMatchObject(expected)
  })

  it('tells the identity that the origin would see', async () => {
    const { identity } = await told(['GET', '/a', ...AUTHORIZATION])
    expect(identity).toMatchObject({
      'X-Latchkey-Name': 'full',
      'X-Latchkey-Type': 'full-access',
      'X-Latchkey-Owner': '',
    })
    expect((await told(['GET', '/a'])).identity).toBeNull()
  })

  it('asks by the address that it is given', async () => {
    const document: Document = { ...DOCUMENT, addresses: { allow: ['192.0.2.0/24'] } }
    expect(await told(['GET', '/health'], document)).toMatchObject({ reason: 'address-refused' })
    expect(await told(['GET', '/health', '--address', '192.0.2.1'], document)).toMatchObject({ decision: 'allow' })
  })

  it('tells plain http from https', async () => {
    const document: Document = { ...DOCUMENT, transport: 'https' }
    expect(await told(['GET', 'http://api.example/a'], document)).toMatchObject({ reason: 'transport-insecure' })
    expect(await told(['GET', 'https://api.example/a'], document)).toMatchObject({ reason: 'credential-missing' })
    expect(await told(['GET', 'http://api.example?a'], document)).toMatchObject({ reason: 'transport-insecure' })
    expect(await told(['GET', 'http://localhost/a'], document)).toMatchObject({ reason: 'credential-missing' })
  })

  it('tells the status that the document gives a refusal', async () => {
    const document: Document = { ...DOCUMENT, refusals: { dialect: 'strapi', missing: 403 } }
    expect(await told(['GET', '/a'], document)).toMatchObject({ reason: 'credential-missing', status: 403 })
    expect((await explain(['GET', '/a'], document)).stdout).toContain('deny  403 credential-missing')
  })

  const [credential] = DOCUMENT.credentials
  const from = (place: object) => ({ ...DOCUMENT, credentials: [{ ...credential, from: [place] }] }) as Document

  it.each<[string, Document, readonly string[]]>([
    ['in a header', DOCUMENT, ['/a', ...AUTHORIZATION]],
    ['twice', DOCUMENT, ['/a', ...AUTHORIZATION, ...AUTHORIZATION]],
    ['in a cookie', from({ cookie: 'session' }), ['/a', '-H', `Cookie: session=${TOKENS.FULL}`]],
    ['in the query', from({ query: 'api_token' }), [`/a?api_token=${TOKENS.FULL}`]],
    [
      'in a subprotocol',
      from({ subprotocol: 'latchkey' }),
      ['/a', '-H', `Sec-WebSocket-Protocol: latchkey.token.${TOKENS.FULL}`],
    ],
    ['where it does not belong', DOCUMENT, [`/a?x=${TOKENS.FULL}`, '-H', `X-Other: ${TOKENS.FULL}`]],
    ['in a header that is none', DOCUMENT, ['/a', '-H', `Bearer ${TOKENS.FULL}`]],
    ['for a URL', DOCUMENT, [TOKENS.FULL]],
    ['for an address', DOCUMENT, ['/a', '--address', TOKENS.FULL]],
  ])('shows no credential that stands %s', async (_, document, args) => {
    for (const flags of [[], ['--json']]) {
      const { stdout, stderr } = await explain([...flags, 'GET', ...args], document)
      expect(stdout + stderr).not.toContain(TOKENS.FULL)
    }
  })

  it.each([
    ['no URL', ['GET']],
    ['a URL of another scheme', ['GET', 'ftp://api.example/']],
    ['a path without a slash', ['GET', 'orders']],
    ['a method that is none', ['G T', '/']],
    ['a header without a colon', ['GET', '/', '-H', 'nothing']],
    ['an address that is none', ['GET', '/', '--address', 'here']],
  ])('is 2 for %s', async (_, args) => {
    const { code, stdout, stderr } = await explain(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error /)
  })

  it('is 1 for a faulty document, and tells its faults', async () => {
    const { code, stderr } = await explain(['GET', '/'], { ...DOCUMENT, routes: [] })
    expect(code).toBe(1)
    expect(stderr).toContain('/routes  a list of routes, one at least')
  })

  it('warns of what is weak or missing, on stderr', async () => {
    const { stderr } = await run(['explain', '--config', fileOf(DOCUMENT), 'GET', '/a'], { FULL: 'changeme' })
    expect(stderr).toBe('warning secret FULL is a placeholder; make one with: latchkey token\n')
  })
})
