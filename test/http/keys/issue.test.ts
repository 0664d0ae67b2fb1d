import { describe, expect, test } from 'vitest'
import type { Issuing } from '../../../src/http/keys/issuing.ts'
import type { TokenClaims } from '../../../src/keys/token-claims.ts'
import type { Refusal } from '../../../src/model/decision.ts'
import type { TokenEvent } from '../../../src/model/event.ts'
import { memory } from '../../../src/stores/memory.ts'
import { failing } from '../../keys/given.ts'
import { DAY, given, NOW } from './given.ts'

/** Issuing that keeps what it is asked: nothing is signed. */
function issuingWith(more: Partial<Issuing> = {}) {
  const [claims, told, used]: [TokenClaims[], TokenEvent[], [string, Refusal['reason'] | undefined][]] = [[], [], []]
  const issuing: Issuing = {
    issuer: 'https://api.example',
    audience: 'orders',
    realm: 'orders',
    lifetimeSeconds: 900,
    isInsecure: false,
    address: '203.0.113.7',
    waitFor: () => undefined,
    isLimited: () => false,
    signer: async () => ({
      until: undefined,
      sign: async (each) => `token ${claims.push(each)}`,
    }),
    publicKeys: async () => [],
    record: (principal, refusal) => void used.push([principal.subject, refusal?.reason]),
    tell: (event) => void told.push(event),
    ...more,
  }
  return { issuing, claims, told, used }
}

const grant = (more: object = {}) => ({ form: { grant_type: 'client_credentials', ...more }, by: 'anonymous' as const })

describe('how long a token counts', () => {
  test.each([
    ['15 minutes', {}, {}, 900],
    ['less where the document says so', { lifetimeSeconds: 60 }, {}, 60],
    ['never more, whatever the document says', { lifetimeSeconds: 3600 }, {}, 900],
    ['until the key ends', {}, { expiresAt: NOW + 100 }, 100],
    [
      'until the slot of the signing key ends',
      { signer: async () => ({ until: NOW + 50, sign: async () => 'token' }) },
      {},
      50,
    ],
  ])('%s', async (_, more, draft, seconds) => {
    const { ask, create } = given(memory({ now: () => NOW }), { issuing: issuingWith(more).issuing })
    const { token } = await create('ci', draft)
    const { json } = await ask('POST', '/token', grant({ client_secret: token }))
    expect(json.expires_in).toBe(seconds)
  })

  test('until the old secret ends, where that is shown', async () => {
    const { issuing, claims } = issuingWith()
    const { ask, create, registry } = given(undefined, { issuing })
    const { id, token } = await create('ci')
    await registry.rotate(id, { overlapSeconds: 100 }, 'operator', NOW)
    expect((await ask('POST', '/token', grant({ client_secret: token }))).json.expires_in).toBe(100)
    expect(claims[0]).toMatchObject({ sub: id, exp: NOW + 100 })
    const { status } = await ask('POST', '/token', { ...grant({ client_secret: token }), at: NOW + 100 })
    expect(status).toBe(401)
  })
})

describe('a key that counts no more', () => {
  test.each([
    ['revoked', 'token-revoked', 'the key counts no more'],
    ['suspended', 'token-revoked', 'the key counts no more'],
    ['ended', 'token-expired', 'the key has ended'],
  ])('that is %s gets no token, and is told to whoever counts its use', async (how, reason, description) => {
    const { issuing, used } = issuingWith()
    const { ask, create, registry } = given(undefined, { issuing })
    const { id, token } = await create('ci', { expiresAt: NOW + DAY })
    if (how === 'revoked') await registry.revoke(id, 'operator', NOW, {})
    if (how === 'suspended') await registry.suspend(id, 'operator', NOW)
    const at = how === 'ended' ? NOW + DAY : NOW
    const { status, json, field } = await ask('POST', '/token', { ...grant({ client_secret: token }), at })
    expect({ status, json }).toEqual({ status: 401, json: { error: 'invalid_client', error_description: description } })
    expect(field('WWW-Authenticate')).toContain('Basic realm="orders"')
    expect(used).toEqual([[id, reason]])
  })
})

test('a token counts as a use of its key, and is told by its id', async () => {
  const { issuing, used, told, claims } = issuingWith()
  const { ask, create } = given(undefined, { issuing })
  const { id, token } = await create('ci', { owner: 'acme' })
  const { json, field } = await ask('POST', '/token', grant({ client_secret: token }))
  expect(json).toMatchObject({ access_token: 'token 1', scope: 'latchkey.read-only' })
  expect([field('Cache-Control'), field('Pragma')]).toEqual(['no-store', 'no-cache'])
  expect(used).toEqual([[id, undefined]])
  expect(told).toMatchObject([
    { keyId: id, name: 'ci', owner: 'acme', tokenId: claims[0]?.jti, scope: 'latchkey.read-only' },
  ])
})

describe('what is refused before a key is looked at', () => {
  test('plain http', async () => {
    const { issuing, used } = issuingWith({ isInsecure: true })
    const { ask, create } = given(undefined, { issuing })
    const { token } = await create('ci')
    expect((await ask('POST', '/token', grant({ client_secret: token }))).json.error).toBe('invalid_request')
    expect(used).toEqual([])
  })

  test('too many attempts from an address; one that nobody knows is not counted', async () => {
    const waitFor: Issuing['waitFor'] = (what) => (what === 'address' ? 7 : undefined)
    const { ask, create } = given(undefined, { issuing: issuingWith({ waitFor }).issuing })
    const { token } = await create('ci')
    const { status, json, field } = await ask('POST', '/token', grant({ client_secret: token }))
    expect([status, json.error, field('Retry-After')]).toEqual([429, 'slow_down', '7'])
    const unknown = given(undefined, { issuing: issuingWith({ waitFor, address: undefined }).issuing })
    const made = await unknown.create('ci')
    expect((await unknown.ask('POST', '/token', grant({ client_secret: made.token }))).status).toBe(200)
  })

  test.each([
    ['a parameter that is repeated', 'grant_type=client_credentials&scope=a&scope=b'],
    ['one that nobody knows, repeated', 'grant_type=client_credentials&a=1&a=2'],
  ])('%s', async (_, form) => {
    const { ask } = given(undefined, { issuing: issuingWith().issuing })
    expect((await ask('POST', '/token', { form, by: 'anonymous' })).json.error).toBe('invalid_request')
  })

  test('a body of another type, or that is too long', async () => {
    const { ask } = given(undefined, { issuing: issuingWith().issuing })
    expect((await ask('POST', '/token', { json: {}, by: 'anonymous' })).status).toBe(415)
    expect((await ask('POST', '/token', { form: 'a'.repeat(70_000), by: 'anonymous' })).status).toBe(413)
  })
})

test('a store that is down is a dependency that is unavailable, not a wrong key', async () => {
  const store = memory({ now: () => NOW })
  const { token } = await given(store).create('ci')
  const down = given(store, { issuing: issuingWith().issuing, through: (each) => failing(each, () => true) })
  const { status, json } = await down.ask('POST', '/token', grant({ client_secret: token }))
  expect([status, json.reason]).toEqual([503, 'dependency-unavailable'])
})
