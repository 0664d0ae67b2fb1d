import { afterEach, describe, expect, test } from 'vitest'
import type { Latchkey } from '../src/build.ts'
import { build } from '../src/build.ts'
import type { CredentialDocument, Document, JwtDocument } from '../src/document.ts'
import { equipmentOf } from '../src/equipment.ts'
import type { JwtHost } from '../src/jwt.ts'
import { jwtBy } from '../src/jwt.ts'
import { signatureByJose } from '../src/key-sets/signature-by-jose.ts'
import { signatureByNode } from '../src/key-sets/signature-by-node.ts'
import type { Host } from '../src/model/ports.ts'
import { accessOf, bearer, NOW } from './given/access.ts'
import { hostOf, TOKENS } from './given/authority.ts'
import type { Issuer } from './given/issuer.ts'
import { startIssuer } from './given/issuer.ts'
import { ISSUER, keySet, mint, publicKey } from './given/jwt.ts'
import { sourceOf } from './given/source.ts'

const SECRET = 'a shared secret of more than thirty-two bytes'

const JWT: JwtDocument = {
  kind: 'jwt',
  name: 'people',
  issuer: ISSUER,
  audience: 'orders',
  algorithms: ['ES256'],
  keys: { jwks: { secret: 'JWKS' } },
  permissionsClaim: 'scope',
}
const STATIC: CredentialDocument = {
  kind: 'static-token',
  name: 'machine',
  tokens: { secret: 'FULL' },
  type: 'full-access',
}

function documentOf(...credentials: (Partial<JwtDocument> | CredentialDocument)[]): Document {
  return {
    credentials: credentials.map((each) => (each.kind ? each : { ...JWT, ...each }) as CredentialDocument),
    routes: [
      { path: '/orders', methods: ['GET'], permission: 'orders.read' },
      { path: '/orders', methods: ['POST'], permission: 'orders.write' },
      { path: '/*' },
    ],
  }
}

const ON_NODE: JwtHost = {
  reading: () => import('../src/key-sets/reading-by-http.ts'),
  runsLater: true,
  isSigned: signatureByNode,
}
const ELSEWHERE: JwtHost = {
  reading: () => import('../src/key-sets/reading-by-fetch.ts'),
  runsLater: true,
  isSigned: signatureByJose,
}

function authorityOf(document: Document, host: Host, jwtHost: JwtHost = ON_NODE): Latchkey {
  return build(document, host, { transport: 'any' }, equipmentOf([jwtBy(jwtHost)], [], undefined))
}

/** What is decided about a token: whose it is, or the reason and what the operator is told of it. */
async function outcome(latchkey: Latchkey, token: string, { at = NOW, method = 'GET', target = '/orders' } = {}) {
  const access = accessOf({ at, method, target, headers: [bearer(token)] })
  const { decision } = await latchkey.judge(access, { defer: (work) => void deferred.push(work) })
  if (!decision.allow) return [decision.refusal.reason, decision.refusal.detail].filter((each) => each).join(', ')
  return decision.principal === 'anonymous'
    ? 'anonymous'
    : `${decision.principal.credential} ${decision.principal.subject}`
}

const deferred: Promise<unknown>[] = []
let issuer: Issuer | undefined

afterEach(async () => {
  await Promise.all(deferred.splice(0))
  await issuer?.stop().catch(() => undefined)
  issuer = undefined
})

function noticesOf(host: ReturnType<typeof hostOf>): string[] {
  return host.sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
}

describe('several credentials at one place', () => {
  test('each token belongs to the one whose issuer it names', async () => {
    const other = { name: 'partners', issuer: 'https://partner.example', keys: { jwks: { secret: 'PARTNER' } } }
    const host = hostOf({ ...TOKENS, JWKS: keySet('ec1'), PARTNER: keySet(publicKey('ec2', { kid: 'ec1' })) })
    const latchkey = authorityOf(documentOf(STATIC, {}, other), host)
    expect(await outcome(latchkey, TOKENS.FULL)).toBe('machine machine')
    expect(await outcome(latchkey, mint())).toBe('people user-1')
    const partners = mint({ by: 'ec2', header: { kid: 'ec1' }, claims: { iss: 'https://partner.example' } })
    expect(await outcome(latchkey, partners)).toBe('partners user-1')
    const forged = mint({ claims: { iss: 'https://partner.example' } })
    expect(await outcome(latchkey, forged)).toBe('token-unknown, people: another issuer; partners: a wrong signature')
  })

  test('two of one issuer are told apart by what their tokens say', async () => {
    const admins = { name: 'admins', audience: 'admin', surface: 'admin' } as const
    const latchkey = authorityOf(documentOf({}, admins), hostOf({ JWKS: keySet('ec1') }))
    expect(await outcome(latchkey, mint({ claims: { aud: 'admin' } }))).toBe('surface-mismatch')
    expect(await outcome(latchkey, mint())).toBe('people user-1')
    expect(await outcome(latchkey, mint({ claims: { exp: NOW - 60 } }))).toBe('token-expired')
  })

  test('a static token may look like a JWT', async () => {
    const token = mint({ claims: { iss: 'another' } })
    const latchkey = authorityOf(documentOf(STATIC, {}), hostOf({ FULL: token, JWKS: keySet('ec1') }))
    expect(await outcome(latchkey, token)).toBe('machine machine')
  })

  test('what nobody knows is not configured where somebody is not', async () => {
    const latchkey = authorityOf(documentOf(STATIC, {}), hostOf({ JWKS: keySet('ec1') }))
    expect(await outcome(latchkey, mint())).toBe('people user-1')
    expect(await outcome(latchkey, 'opaque')).toBe('not-configured, people: no JWT: an opaque token?')
  })
})

describe('what a token may do', () => {
  const by = (more: Partial<JwtDocument>) => {
    const { permissionsClaim: _, ...bare } = { ...documentOf(more).credentials[0] } as JwtDocument
    const credential = 'permissionsClaim' in more ? { ...bare, permissionsClaim: more.permissionsClaim } : bare
    return authorityOf({ ...documentOf(), credentials: [credential as JwtDocument] }, hostOf({ JWKS: keySet('ec1') }))
  }
  const ALL = 'orders.read orders.write'

  test.each<[name: string, more: Partial<JwtDocument>, scope: string, read: string, write: string, rest: string]>([
    ['reads, without a type', {}, ALL, 'passes', 'refused', 'refused'],
    ['everything by its type', { type: 'full-access' }, '', 'passes', 'passes', 'passes'],
    ['what its type names', { type: 'custom', permissions: ['orders.write'] }, ALL, 'refused', 'passes', 'refused'],
    ['what it says', { permissionsClaim: 'scope' }, ALL, 'passes', 'passes', 'refused'],
    ['nothing where it says nothing', { permissionsClaim: 'scope' }, '', 'refused', 'refused', 'refused'],
    ['what it says and may', { permissionsClaim: 'scope', type: 'read-only' }, ALL, 'passes', 'refused', 'refused'],
    ['what it says below all', { permissionsClaim: 'scope', type: 'full-access' }, ALL, 'passes', 'passes', 'refused'],
    [
      'what it says of what is named',
      { permissionsClaim: 'scope', type: 'custom', permissions: ['orders.write', 'bills.*'] },
      ALL,
      'refused',
      'passes',
      'refused',
    ],
    [
      'what its role may',
      { grants: { claim: 'scope', map: { clerk: ['orders.*'] } } },
      'clerk',
      'passes',
      'passes',
      'refused',
    ],
    ['nothing by an unknown role', { grants: { claim: 'scope', map: {} } }, 'clerk', 'refused', 'refused', 'refused'],
  ])('is %s', async (_, more, scope, read, write, rest) => {
    const latchkey = by(more)
    const token = mint({ claims: { scope } })
    const word = async (method: string, target: string) =>
      (await outcome(latchkey, token, { method, target })) === 'people user-1' ? 'passes' : 'refused'
    expect([await word('GET', '/orders'), await word('POST', '/orders'), await word('POST', '/other')]).toEqual([
      read,
      write,
      rest,
    ])
  })
})

describe('keys in a secret', () => {
  test('are read anew when the secret changes, and a withdrawn one counts no longer', async () => {
    const secrets = sourceOf({ JWKS: [keySet('ec1')] })
    const latchkey = authorityOf(documentOf({}), hostOf(secrets))
    const [first, second] = [mint(), mint({ by: 'ec2' })]
    expect(await outcome(latchkey, first)).toBe('people user-1')
    expect(await outcome(latchkey, second)).toBe('token-unknown, people: no key for it')
    secrets.values['JWKS'] = [keySet('ec2')]
    expect(await outcome(latchkey, second, { at: NOW + 30 })).toBe('people user-1')
    expect(await outcome(latchkey, first, { at: NOW + 30 })).toBe('token-unknown, people: no key for it')
  })

  test('stay where a new value is none, which is told', async () => {
    const secrets = sourceOf({ JWKS: [keySet('ec1')] })
    const host = hostOf(secrets)
    const latchkey = authorityOf(documentOf({}), host)
    await outcome(latchkey, mint())
    secrets.values['JWKS'] = ['{"keys": [']
    expect(await outcome(latchkey, mint({ claims: { sub: 'user-2' } }), { at: NOW + 30 })).toBe('people user-2')
    expect(noticesOf(host)).toContain('credential people: no key set: it is no JSON Web Key Set')
  })

  test.each<[name: string, value: string | undefined, expected: string]>([
    ['not set', undefined, 'not-configured, people: no JWT'],
    ['a faulty set', '{}', 'not-configured, no key can be read'],
    ['a set of nothing', keySet(), 'not-configured, no key can be read'],
    ['a set with a secret', keySet('ec1', { kty: 'oct', k: 'AAAA' }), 'not-configured, no key can be read'],
  ])('are not configured: %s', async (_, value, expected) => {
    const latchkey = authorityOf(documentOf({}), hostOf({ JWKS: value }))
    expect(expected).toContain((await outcome(latchkey, mint())).slice(0, 14))
    expect(await outcome(latchkey, mint())).toBe(value === undefined ? 'not-configured' : expected)
  })

  test('may be several sets, of which one ends', async () => {
    const until = new Date((NOW + 60) * 1000).toISOString()
    const keys = { jwks: [{ secret: 'NEW' }, { secret: 'OLD', until }] }
    const latchkey = authorityOf(documentOf({ keys }), hostOf({ NEW: keySet('ec2'), OLD: keySet('ec1') }))
    expect(await outcome(latchkey, mint({ by: 'ec2' }))).toBe('people user-1')
    const old = mint()
    expect(await outcome(latchkey, old, { at: NOW + 59 })).toBe('people user-1')
    expect(await outcome(latchkey, old, { at: NOW + 60 })).toBe('token-unknown, people: no key for it')
  })

  test('cannot be told of while their source is down', async () => {
    const secrets = sourceOf({ JWKS: [keySet('ec1')] })
    secrets.down.add('JWKS')
    expect(await outcome(authorityOf(documentOf({}), hostOf(secrets)), mint())).toBe('dependency-unavailable')
  })
})

describe('a shared secret', () => {
  const shared = (keys: JwtDocument['keys']) => documentOf({ algorithms: ['HS256'], keys })

  test('is UTF-8 text, in slots that all count', async () => {
    const host = hostOf({ NEW: `${SECRET} ü`, OLD: SECRET })
    const latchkey = authorityOf(shared([{ secret: 'NEW' }, { secret: 'OLD' }]), host)
    expect(await outcome(latchkey, mint({ by: { secret: `${SECRET} ü` } }))).toBe('people user-1')
    expect(await outcome(latchkey, mint({ by: { secret: SECRET } }))).toBe('people user-1')
    expect(await outcome(latchkey, mint({ by: { secret: `${SECRET}.` } }))).toBe('token-unknown, people: no key for it')
  })

  test('has at least the bits of its hash', async () => {
    const host = hostOf({ SHORT: 'x'.repeat(31) })
    const latchkey = authorityOf(shared({ secret: 'SHORT' }), host)
    expect(await outcome(latchkey, mint({ by: { secret: 'x'.repeat(31) } }))).toBe('not-configured, no key can be read')
    expect(noticesOf(host)).toContain(
      'credential people: no key set: the secret is shorter than the hash of its algorithm',
    )
    expect(noticesOf(host).join()).not.toContain('xxx')
  })
})

describe.each<[string, JwtHost]>([
  ['on Node', ON_NODE],
  ['elsewhere', ELSEWHERE],
])('an issuer, %s', (_, jwtHost) => {
  /** An issuer on this machine, and who asks it. */
  async function given({ discover = false, ...more }: Partial<JwtDocument> & { discover?: boolean } = {}) {
    issuer = await startIssuer(keySet('ec1'))
    const { url } = issuer
    const host = hostOf({})
    const keys = discover ? { discover: true as const } : { jwksUrl: `${url}/jwks.json` }
    const latchkey = authorityOf(documentOf({ issuer: url, keys, ...more }), host, jwtHost)
    const token = (by: 'ec1' | 'ec2', kid?: string) =>
      mint({ by, claims: { iss: url }, ...(kid !== undefined && { header: { kid } }) })
    return { issuer, host, latchkey, token, ask: (text: string, at = NOW) => outcome(latchkey, text, { at }) }
  }

  const DOWN = 'dependency-unavailable, the keys of its issuer cannot be had'

  test('names its keys, and rotates them', async () => {
    const { issuer, token, ask } = await given({ discover: true })
    const [first, second] = [token('ec1'), token('ec2')]
    expect(await ask(first)).toBe('people user-1')
    expect(await ask(second)).toBe('token-unknown, people: no key for it')
    issuer.keys = keySet('ec2', 'ec1')
    expect(await ask(second, NOW + 29)).toBe('token-unknown, people: no key for it')
    expect(await ask(second, NOW + 30)).toBe('people user-1')
    expect(await ask(first, NOW + 31)).toBe('people user-1')
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks.json', '/jwks.json'])
  })

  test('withdraws a key, which then counts no longer than the set may be kept', async () => {
    const { issuer, token, ask } = await given()
    const first = token('ec1')
    expect(await ask(first)).toBe('people user-1')
    issuer.keys = keySet('ec2')
    expect(await ask(first, NOW + 590)).toBe('people user-1')
    await Promise.all(deferred.splice(0))
    expect(await ask(first, NOW + 591)).toBe('token-unknown, people: no key for it')
  })

  test('is down at the first request: that is told, and it is asked again', async () => {
    const { issuer, host, token, ask, latchkey } = await given()
    await issuer.stop()
    expect(await ask(token('ec1'))).toBe(DOWN)
    expect(latchkey.equipped?.failing()).toEqual(['keys of people'])
    await issuer.start()
    expect(await ask(token('ec1'), NOW + 4)).toBe(DOWN)
    expect(await ask(token('ec1'), NOW + 5)).toBe('people user-1')
    expect(latchkey.equipped?.failing()).toEqual([])
    expect(noticesOf(host)).toEqual([expect.stringMatching(/^credential people: no key set: \w+ ECONNREFUSED$/)])
  })

  test.each<Issuer['state']>(['broken', 'moved'])('is %s at the first request', async (state) => {
    const { issuer, token, ask } = await given()
    issuer.state = state
    expect(await ask(token('ec1'))).toBe(DOWN)
    expect(issuer.asked).toEqual(['/jwks.json'])
  })

  test('goes down and comes back: nobody notices who has a token of a known key', async () => {
    const { issuer, token, ask } = await given()
    const [first, second] = [token('ec1'), token('ec2')]
    const lasting = mint({ by: 'ec2', claims: { iss: issuer.url, exp: NOW + 3600 } })
    await ask(first)
    await issuer.stop()
    for (const seconds of [300, 450, 600, 750, 899]) {
      expect(await ask(first, NOW + seconds)).toBe(seconds < 605 ? 'people user-1' : 'token-expired')
      await Promise.all(deferred.splice(0))
    }
    expect(await ask(second, NOW + 899)).toBe(DOWN)
    expect(await ask(first, NOW + 900)).toBe(DOWN)
    issuer.keys = keySet('ec2')
    await issuer.start()
    expect(await ask(lasting, NOW + 930)).toBe('people user-1')
  })

  test('is asked once in half a minute, whatever a thousand tokens of unknown keys do', async () => {
    const { issuer, token, ask } = await given()
    await ask(token('ec1'))
    const flood = Array.from({ length: 1000 }, (_, place) => token('ec2', `random-${place}`))
    const answers = await Promise.all(flood.map((each) => ask(each, NOW + 40)))
    expect(new Set(answers)).toEqual(new Set(['token-unknown, people: no key for it']))
    expect(issuer.asked).toHaveLength(2)
    expect(await ask(token('ec1'), NOW + 41)).toBe('people user-1')
    issuer.keys = keySet('ec1', 'ec2')
    expect(await ask(token('ec2'), NOW + 69)).toBe('token-unknown, people: no key for it')
    expect(await ask(token('ec2'), NOW + 70)).toBe('people user-1')
    expect(issuer.asked).toHaveLength(3)
  })

  test('is not asked for a token of another issuer, nor for one that is none', async () => {
    const { issuer, ask } = await given()
    expect(await ask(mint())).toBe('token-unknown, people: another issuer')
    expect(await ask('opaque')).toBe('token-unknown, people: no JWT: an opaque token?')
    expect(issuer.asked).toEqual([])
  })

  test('is asked once by all that wait at the first request', async () => {
    const { issuer, token, ask } = await given()
    const tokens = Array.from({ length: 50 }, (_, place) => mint({ claims: { iss: issuer.url, sub: `user-${place}` } }))
    const answers = await Promise.all([...tokens, token('ec1')].map((each) => ask(each)))
    expect(answers.every((each) => each.startsWith('people user-'))).toBe(true)
    expect(issuer.asked).toEqual(['/jwks.json'])
  })
})
