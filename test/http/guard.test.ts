import { describe, expect, it, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import { guardOf } from '../../src/http/guard.ts'
import { ownKeyOf } from '../../src/key-sets/own-key.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { AccessFacts } from '../given/access.ts'
import { accessOf, bearer, NOW } from '../given/access.ts'
import { authorityOf, hostOf, TOKENS } from '../given/authority.ts'
import type { Made } from '../identity/given.ts'
import { documentWith, ED, EDDSA, HS256, made, SECRETS, SHARED, signing } from '../identity/given.ts'

const BY_FULL = [bearer(TOKENS.FULL)]

/** A guard of a document, and what it makes of requests. */
function guarding(document: Document, secrets: Record<string, string> = SECRETS) {
  const host = hostOf(secrets)
  const guard = guardOf(authorityOf(document, host))
  const admit = (facts: AccessFacts) => guard.admit(accessOf(facts), () => undefined)
  return {
    admit,
    sink: host.sink,
    async reasonOf(facts: AccessFacts): Promise<string | undefined> {
      const { reply } = await admit(facts)
      return reply && JSON.parse(reply.body).reason
    },
  }
}

const shown = (identity: string) => ['X-Latchkey-Identity', identity] as const

describe('a request that was judged nowhere before', () => {
  const { identity: _, ...unsigned } = documentWith(EDDSA)

  it('is judged by the same document', async () => {
    const { admit, reasonOf } = guarding(unsigned)
    expect(await admit({ target: '/orders', headers: BY_FULL })).toMatchObject({
      caller: { kind: 'static-token', subject: 'full', name: 'full', type: 'full-access', claims: {} },
    })
    expect(await admit({ target: '/health' })).toMatchObject({ caller: { kind: 'anonymous', permissions: [] } })
    expect(await reasonOf({ target: '/orders' })).toBe('credential-missing')
    expect(await reasonOf({ target: '/orders', headers: [bearer('nobody')] })).toBe('token-unknown')
    expect(await reasonOf({ target: '/orders/%2e%2e/x', headers: BY_FULL })).toBe('request-ambiguous')
    expect(await reasonOf({ target: '/orders', headers: [bearer(TOKENS.CUSTOM)] })).toBe('permission-missing')
  })

  it('tells what the caller may do and until when, as a signed identity would', async () => {
    const { admit } = guarding(unsigned)
    const { caller } = await admit({ method: 'POST', target: '/orders/7', headers: [bearer(TOKENS.CUSTOM)] })
    const request = { method: 'POST', target: '/orders/7' }
    const identity = await signing().identity({ ...request, headers: [bearer(TOKENS.CUSTOM)] })
    const before = await guarding(documentWith(EDDSA)).admit({ ...request, headers: [shown(identity)] })
    expect(before.caller).toEqual(caller)
    expect(caller).toMatchObject({ permissions: ['orders.read', 'orders.*'], expiresAt: 1_893_456_000 })
  })

  it('is told its id, and one decision is logged of it', async () => {
    const { admit, sink } = guarding(unsigned)
    const { fields } = (await admit({ target: '/orders', headers: BY_FULL })) as { fields: unknown }
    expect(fields).toEqual([['X-Latchkey-Request-Id', '00000000-0000-4000-8000-000000000000']])
    expect(sink.events).toMatchObject([{ type: 'decision', decision: 'allow' }])
  })

  it("asks for one of Latchkey's own endpoints in vain but those that anybody may ask", async () => {
    const { reasonOf } = guarding(unsigned)
    expect(await reasonOf({ target: '/_latchkey/keys', headers: BY_FULL })).toBe('route-unknown')
  })
})

describe('a request that the gate has let pass', () => {
  it.each([
    ['EdDSA', EDDSA],
    ['HS256', HS256],
  ])('is known by the identity that the gate has signed: %s', async (_, identity) => {
    const { admit, sink } = guarding(documentWith(identity))
    const value = await signing(identity).identity({ target: '/orders?x=1' })
    const admitted = await admit({ target: '/orders?x=2', headers: [shown(value)] })
    expect(admitted).toMatchObject({ caller: { kind: 'static-token', subject: 'full' }, fields: [] })
    // The gate has logged it.
    expect(sink.events).toEqual([])
  })

  it('is known by a key of any slot, the next one too', async () => {
    const { admit } = guarding(documentWith(EDDSA))
    for (const identity of [
      { ...EDDSA, keys: { secret: 'PREVIOUS' } },
      { ...EDDSA, keys: { secret: 'NEXT' } },
    ]) {
      const { next: _, ...only } = identity
      const value = await signing(only).identity({ target: '/orders' })
      expect(await admit({ target: '/orders', headers: [shown(value)] })).toMatchObject({ caller: { name: 'full' } })
    }
  })
})

it.each([
  ['EdDSA', EDDSA, SECRETS.CURRENT],
  ['HS256', HS256, SECRETS.SHARED],
])('a key whose slot has ended counts no more, whoever signs by it: %s', async (_, identity, secret) => {
  const keys = [{ secret: 'LATER' }, { secret: 'FIRST', until: new Date((NOW + 10) * 1000).toISOString() }]
  const { next: __, ...bare } = identity
  const later = identity === EDDSA ? SECRETS.NEXT : TOKENS.READ
  const { admit } = guarding(documentWith({ ...bare, keys }), { ...SECRETS, FIRST: secret, LATER: later })
  const forgedAt = async (at: number) => {
    const claims = { iat: at, exp: at + 60 }
    const { publicKey } = identity === EDDSA ? await ownKeyOf(secret) : { publicKey: undefined }
    const token = made({ header: { kid: publicKey?.kid }, claims, by: publicKey ? ED.current : secret })
    return (await admit({ at, target: '/orders', headers: [shown(token)] })).caller !== undefined
  }
  expect([await forgedAt(NOW), await forgedAt(NOW + 11), await forgedAt(NOW + 86_400)]).toEqual([true, false, false])
})

test('a secret by which the gate cannot sign is passed over here too', async () => {
  const identity = { ...HS256, keys: [{ secret: 'SHORT' }, { secret: 'SHARED' }] }
  const secrets = { ...SECRETS, SHORT: 'short' }
  const value = await signing(identity, secrets).identity({ target: '/orders' })
  const { admit, sink } = guarding(documentWith(identity), secrets)
  expect(await admit({ target: '/orders', headers: [shown(value)] })).toMatchObject({ caller: { name: 'full' } })
  expect(noticesIn(sink.events)).toContain('secret SHORT signs no identities: it has fewer than 32 bytes')
})

describe('an identity that does not count opens nothing', () => {
  const { reasonOf, admit, sink } = guarding(documentWith(EDDSA))

  test.each<[string, AccessFacts, Made]>([
    ['of another method', { method: 'POST' }, {}],
    ['of another path', { target: '/orders/7' }, {}],
    ['after its minute', { at: NOW + 66 }, {}],
    ['of a key that was withdrawn', {}, { by: ED.stranger }],
    ['of another origin', {}, { claims: { htu: 'https://other.example/orders' } }],
    ['of another audience', {}, { claims: { aud: 'other' } }],
    ['of an access token', {}, { header: { typ: 'at+jwt' } }],
    ['by a shared secret', {}, { by: SHARED }],
    ['by no key at all', {}, { header: { alg: 'none' } }],
    ['without the id of its key', {}, { header: { kid: undefined } }],
  ])('%s', async (_, facts, { header, ...rest }) => {
    const { publicKey } = await ownKeyOf(SECRETS.CURRENT)
    const whole = made({ header: { kid: publicKey.kid } })
    expect((await admit({ target: '/orders', headers: [shown(whole)] })).caller).toBeDefined()
    const identity = made({ header: { kid: publicKey.kid, ...header }, ...rest })
    expect(await reasonOf({ target: '/orders', headers: [shown(identity)], ...facts })).toBe('credential-missing')
  })

  test('nor does a second one beside it', async () => {
    const identity = await signing().identity({ target: '/orders' })
    const headers = [shown(identity), shown(identity)]
    expect(await reasonOf({ target: '/orders', headers })).toBe('credential-missing')
  })

  test('and who has a credential of his own passes by that', async () => {
    const { caller } = await admit({ target: '/orders', headers: [...BY_FULL, shown('x')] })
    expect(caller).toMatchObject({ kind: 'static-token' })
  })

  test('and the operator is told why, each thing once, without a word of what was shown', async () => {
    const before = noticesIn(sink.events)
    await reasonOf({ target: '/orders', headers: [shown('x')] })
    expect(noticesIn(sink.events)).toEqual(before)
    expect(before).toContain('a guarded handler was shown an identity that does not count: of another path')
    expect(JSON.stringify(sink.events)).not.toContain('eyJ')
  })

  test('where the document has no identity, neither', async () => {
    const { identity: _, ...unsigned } = documentWith(EDDSA)
    const headers = [shown(await signing().identity({ target: '/orders' }))]
    expect(await guarding(unsigned).reasonOf({ target: '/orders', headers })).toBe('credential-missing')
  })

  test('where no key can be read, neither', async () => {
    const headers = [shown(made())]
    const { reasonOf, sink } = guarding(documentWith(HS256), { ...SECRETS, SHARED: 'short' })
    expect(await reasonOf({ target: '/orders', headers })).toBe('credential-missing')
    expect(noticesIn(sink.events)).toContain('a guarded handler was shown an identity that could not be judged')
  })
})

test('behind a gate that takes the credential away the operator is told what is missing', async () => {
  const { identity: _, ...unsigned } = documentWith(EDDSA)
  const { reasonOf, sink } = guarding(unsigned)
  const headers = [['X-Latchkey-Request-Id', 'one']] as const
  expect(await reasonOf({ target: '/orders', headers })).toBe('credential-missing')
  expect(noticesIn(sink.events)).toEqual([expect.stringContaining('write "identity" into the document')])
})

function noticesIn(events: readonly LatchkeyEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
}
