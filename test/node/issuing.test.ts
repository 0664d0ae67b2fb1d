import type { JWTPayload } from 'jose'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { KEYS } from '../given/jwt.ts'
import { gateAt, originThat } from './parts.ts'

const FIRST = 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS'
const SECRETS = {
  FIRST,
  PEPPER: 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga',
  SIGNING_KEY: JSON.stringify(KEYS.ec1),
  SIGNING_KEY_OLD: JSON.stringify(KEYS.ed1),
  SIGNING_KEY_NEXT: JSON.stringify(KEYS.ec2),
}
const DOCUMENT: Document = {
  realm: 'orders',
  store: { binding: 'KEYS' },
  issuing: {
    issuer: 'https://api.example',
    keys: [{ secret: 'SIGNING_KEY' }, { secret: 'SIGNING_KEY_OLD' }],
    next: { secret: 'SIGNING_KEY_NEXT' },
  },
  credentials: [
    { kind: 'static-token', name: 'first', tokens: { secret: 'FIRST' }, surface: 'keys', type: 'full-access' },
    { kind: 'api-key', name: 'keys', peppers: [{ version: 1, secret: 'PEPPER' }] },
    { kind: 'jwt', name: 'short', keys: { own: true } },
  ],
  routes: [
    { path: '/orders/*', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders/*', permission: 'orders.write' },
    { path: '/*' },
  ],
}

interface Key {
  readonly id: string
  readonly token: string
}

/** A gate that issues tokens, and what is asked of it. */
async function issuing(more: Partial<Document> = {}, secrets: object = SECRETS, without: readonly string[] = []) {
  const sink = memorySink()
  const origin = await originThat()
  const options = { store: 'memory:', secrets: env({ ...secrets }), sink }
  const entries = Object.entries({ ...DOCUMENT, ...more }).filter(([name]) => !without.includes(name))
  const { url } = await gateAt(origin.url, Object.fromEntries(entries) as never, options)
  const base = `${url}/_latchkey`

  async function manage(line: string, body: object = {}): Promise<Response> {
    const [method = '', path = ''] = line.split(' ')
    const headers = { authorization: `Bearer ${FIRST}`, 'content-type': 'application/json' }
    return fetch(base + path, { method, headers, body: JSON.stringify(body) })
  }
  const form = (parameters: object) => new URLSearchParams(Object.entries(parameters))
  return {
    base,
    url,
    sink,
    manage,
    key: async (draft: object) => (await (await manage('POST /keys', draft)).json()) as Key,
    /** By HTTP Basic, with the key's id. */
    trade: async ({ id, token }: Key, parameters: object = {}) =>
      fetch(`${base}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${btoa(`${id}:${token}`)}` },
        body: form({ grant_type: 'client_credentials', ...parameters }),
      }),
    post: async (parameters: object, headers: Record<string, string> = {}) =>
      fetch(`${base}/token`, { method: 'POST', headers, body: form(parameters) }),
    call: async (token: string, line = 'GET /orders/1') => {
      const [method = '', path = ''] = line.split(' ')
      const reply = await fetch(url + path, { method, headers: { authorization: `Bearer ${token}` } })
      return reply.ok ? 'passes' : ((await reply.json()) as { reason: string }).reason
    },
  }
}

async function tokenOf(reply: Response): Promise<string> {
  expect(reply.status).toBe(200)
  return ((await reply.json()) as { access_token: string }).access_token
}

async function errorOf(reply: Response): Promise<string> {
  return `${reply.status} ${((await reply.json()) as { error: string }).error}`
}

const CUSTOM = { name: 'agent', type: 'custom', permissions: ['orders.*'], owner: 'acme' }

describe('a key is traded for a token', () => {
  test('which an implementation of its own verifies by the published keys', async () => {
    const { key, trade, base } = await issuing()
    const { id, token } = await key(CUSTOM)
    const reply = await trade({ id, token }, { scope: 'orders.read' })
    expect(reply.headers.get('cache-control')).toBe('no-store')
    const json = (await reply.json()) as Record<string, unknown>
    expect(json).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'orders.read',
    })
    const keys = createRemoteJWKSet(new URL(`${base}/jwks.json`))
    const { payload, protectedHeader } = await jwtVerify(json['access_token'] as string, keys, {
      issuer: 'https://api.example',
      audience: 'orders',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) })
    expect(payload).toEqual({
      iss: 'https://api.example',
      aud: 'orders',
      sub: id,
      client_id: id,
      iat: expect.any(Number),
      exp: (payload.iat as number) + 900,
      jti: expect.any(String),
      scope: 'orders.read',
      latchkey_key: id,
      latchkey_type: 'custom',
      latchkey_owner: 'acme',
      latchkey_secret: expect.stringMatching(/^[0-9A-Za-z]{22}$/),
    } satisfies JWTPayload)
  })

  test('in each of the three ways, and in no two of them', async () => {
    const { key, post } = await issuing()
    const { id, token } = await key(CUSTOM)
    const grant = { grant_type: 'client_credentials' }
    const basic = { authorization: `Basic ${btoa(`agent:${token}`)}` }
    for (const ask of [
      post(grant, basic),
      post(grant, { authorization: `Bearer ${token}` }),
      post({ ...grant, client_secret: token }),
      post({ ...grant, client_secret: token, client_id: id }),
    ]) {
      expect((await ask).status).toBe(200)
    }
    expect(await errorOf(await post({ ...grant, client_secret: token }, basic))).toBe('400 invalid_request')
    expect(await errorOf(await post({ ...grant, client_id: 'another' }, basic))).toBe('400 invalid_request')
    expect(await errorOf(await post({ ...grant, client_secret: token, client_id: 'another' }))).toBe(
      '401 invalid_client',
    )
    expect(await errorOf(await post({ ...grant, client_secret: FIRST }))).toBe('401 invalid_client')
    expect(await errorOf(await post({}, basic))).toBe('400 invalid_request')
    expect(await errorOf(await post({ grant_type: 'password' }, basic))).toBe('400 unsupported_grant_type')
    const without = await post(grant)
    expect(without.headers.get('www-authenticate')).toBe('Basic realm="orders", charset="UTF-8"')
    expect(await errorOf(without)).toBe('401 invalid_client')
  })

  test('and told by an event without the token', async () => {
    const { key, trade, sink } = await issuing()
    const made = await key(CUSTOM)
    const token = await tokenOf(await trade(made))
    const { jti, exp } = decodeJwt(token)
    const events = sink.events.filter(({ type }) => type === 'token-issued')
    expect(events).toMatchObject([{ keyId: made.id, name: 'agent', owner: 'acme', tokenId: jti, scope: 'orders.*' }])
    expect(events[0]).toHaveProperty('until', new Date((exp as number) * 1000).toISOString())
    const all = JSON.stringify(sink.events)
    for (const secret of [token, made.token, ...Object.values(SECRETS)]) expect(all).not.toContain(secret)
  })

  test('unless the deployment issues none: then nothing is there', async () => {
    const { base } = await issuing({ credentials: DOCUMENT.credentials.slice(0, 2) }, SECRETS, ['issuing'])
    expect((await fetch(`${base}/jwks.json`)).status).toBe(403)
    expect((await fetch(`${base}/token`, { method: 'POST' })).status).toBe(403)
  })
})

describe('what a token may do', () => {
  test.each([
    ['custom', { type: 'custom', permissions: ['orders.*'] }, undefined, 'passes', 'passes', 'permission-missing'],
    [
      'custom, narrowed',
      { type: 'custom', permissions: ['orders.*'] },
      'orders.read',
      'passes',
      'permission-missing',
      'permission-missing',
    ],
    ['read-only', { type: 'read-only' }, undefined, 'passes', 'permission-missing', 'passes'],
    ['full-access', { type: 'full-access' }, undefined, 'passes', 'passes', 'passes'],
    [
      'full-access that only reads',
      { type: 'full-access' },
      'latchkey.read-only',
      'passes',
      'permission-missing',
      'passes',
    ],
    [
      'full-access with one permission',
      { type: 'full-access' },
      'orders.write',
      'permission-missing',
      'passes',
      'permission-missing',
    ],
  ])('%s', async (_, draft, scope, read, write, rest) => {
    const { key, trade, call } = await issuing()
    const token = await tokenOf(await trade(await key({ name: 'a', ...draft }), scope === undefined ? {} : { scope }))
    expect(await call(token)).toBe(read)
    expect(await call(token, 'POST /orders/1')).toBe(write)
    expect(await call(token, 'GET /rest')).toBe(rest)
  })

  test.each([
    ['a permission that the key has not', { type: 'custom', permissions: ['orders.read'] }, 'orders.write'],
    ['a pattern that is wider', { type: 'custom', permissions: ['orders.read'] }, 'orders.*'],
    ['reading alone, of named permissions', { type: 'custom', permissions: ['*'] }, 'latchkey.read-only'],
    ['reading alone, among permissions', { type: 'full-access' }, 'latchkey.read-only orders.read'],
    ['a permission of a key that only reads', { type: 'read-only' }, 'orders.read'],
    ['what is no permission', { type: 'full-access' }, 'a,b'],
    ['two spaces', { type: 'full-access' }, 'a  b'],
    [
      'more than a header holds',
      { type: 'full-access' },
      Array.from({ length: 600 }, (_, n) => `p.${n}.long`).join(' '),
    ],
  ])('%s is no scope', async (_, draft, scope) => {
    const { key, trade } = await issuing()
    expect(await errorOf(await trade(await key({ name: 'a', ...draft }), { scope }))).toBe('400 invalid_scope')
  })

  test.each([
    ['is bound to addresses', { addresses: ['127.0.0.1'] }],
    ['has limits', { limits: [{ requests: 5, windowSeconds: 60 }] }],
    ['is of the surface keys', { surface: 'keys' }],
    ['is of the surface admin', { surface: 'admin' }],
  ])('a key that %s gets none', async (_, draft) => {
    const { key, trade } = await issuing()
    const made = await key({ name: 'a', type: 'full-access', ...draft })
    expect(await errorOf(await trade(made))).toBe('400 unauthorized_client')
  })

  test('a key whose credential has limits gets none', async () => {
    const [first, keys, short] = DOCUMENT.credentials
    const limited = { ...keys, limits: [{ requests: 5, windowSeconds: 60 }] } as Document['credentials'][number]
    const { key, trade } = await issuing({ credentials: [first, limited, short] as Document['credentials'] })
    expect(await errorOf(await trade(await key({ name: 'a' })))).toBe('400 unauthorized_client')
  })

  test('a token gets no token', async () => {
    const { key, trade, post } = await issuing()
    const token = await tokenOf(await trade(await key(CUSTOM)))
    const again = post({ grant_type: 'client_credentials' }, { authorization: `Bearer ${token}` })
    expect(await errorOf(await again)).toBe('401 invalid_client')
  })
})

describe('a token ends with its key', () => {
  test.each([
    ['revoked', 'POST', '/revoke', {}],
    ['suspended', 'POST', '/suspend', {}],
    ['deleted', 'DELETE', '', {}],
    ['rotated without an overlap', 'POST', '/rotate', { overlapSeconds: 0 }],
    ['bound to addresses', 'PATCH', '', { addresses: ['10.0.0.1'] }],
    ['narrowed', 'PATCH', '', { permissions: ['orders.read'] }],
  ])('that was %s', async (_, method, path, body) => {
    const { key, trade, call, manage } = await issuing()
    const made = await key(CUSTOM)
    const token = await tokenOf(await trade(made))
    expect(await call(token)).toBe('passes')
    expect((await manage(`${method} /keys/${made.id}${path}`, body)).ok).toBe(true)
    expect(await call(token)).toBe('token-revoked')
  })

  test('and not with a rotation that overlaps, nor with one that leaves its permissions', async () => {
    const { key, trade, call, manage } = await issuing()
    const made = await key(CUSTOM)
    const token = await tokenOf(await trade(made, { scope: 'orders.read' }))
    await manage(`POST /keys/${made.id}/rotate`, { overlapSeconds: 600 })
    await manage(`PATCH /keys/${made.id}`, { permissions: ['orders.read'] })
    expect(await call(token)).toBe('passes')
    const ofOld = await trade(made)
    const { exp, iat } = decodeJwt(await tokenOf(ofOld))
    expect((exp as number) - (iat as number)).toBeLessThanOrEqual(600)
  })
})

describe('signing keys', () => {
  test('the first signs; all are published, the next one too, and none with its private half', async () => {
    const { base, key, trade } = await issuing()
    const reply = await fetch(`${base}/jwks.json`)
    expect(reply.headers.get('cache-control')).toBe('public, max-age=300')
    const { keys } = (await reply.json()) as { keys: Record<string, string>[] }
    expect(keys.map(({ alg }) => alg)).toEqual(['ES256', 'ES256', 'EdDSA'])
    expect(keys.flatMap((each) => Object.keys(each)).filter((name) => name.length === 1 && name === 'd')).toEqual([])
    const { kid } = decodeProtectedHeader(await tokenOf(await trade(await key(CUSTOM))))
    expect(kid).toBe(keys[1]?.['kid'])
  })

  test('an old one still proves what it has signed', async () => {
    const [first, ...rest] = ['SIGNING_KEY_OLD', 'SIGNING_KEY'].map((secret) => ({ secret }))
    const { key, trade, call } = await issuing({
      issuing: { issuer: 'https://api.example', keys: [first as { secret: string }, ...rest] },
    })
    const token = await tokenOf(await trade(await key(CUSTOM)))
    expect(decodeProtectedHeader(token).alg).toBe('EdDSA')
    expect(await call(token)).toBe('passes')
  })

  test('one that cannot be read is told and passed over; without any there is no token', async () => {
    const broken = { ...SECRETS, SIGNING_KEY: '{"kty":"EC"}', SIGNING_KEY_OLD: '', SIGNING_KEY_NEXT: '' }
    const { key, trade, sink, base } = await issuing({}, broken)
    const reply = await trade(await key(CUSTOM))
    expect(reply.status).toBe(503)
    expect(await (await fetch(`${base}/jwks.json`)).json()).toEqual({ keys: [] })
    const messages = sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
    expect(messages).toContain('secret SIGNING_KEY signs no tokens: it is no private JSON Web Key of P-256 or Ed25519')
  })
})
