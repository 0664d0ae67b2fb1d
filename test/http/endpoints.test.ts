import { describe, expect, it } from 'vitest'
import { apiKey } from '../../src/api-key.ts'
import { build } from '../../src/build.ts'
import type { Document } from '../../src/document.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { gate } from '../../src/http/gate.ts'
import { formatKey } from '../../src/keys/format.ts'
import type { Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { memory } from '../../src/stores/memory.ts'
import type { Field } from '../given/access.ts'
import { accessOf, bearer } from '../given/access.ts'
import { DOCUMENT, hostOf, TOKENS } from '../given/authority.ts'
import { gateOf, replyTo } from '../given/gate.ts'
import { sourceOf } from '../given/source.ts'

const JSON_HEADERS = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Latchkey-Request-Id': accessOf().requestId,
}

describe('live', () => {
  it('passes while the process answers', async () => {
    expect(await replyTo(DOCUMENT, accessOf({ target: '/_latchkey/live' }))).toEqual({
      status: 200,
      headers: JSON_HEADERS,
      body: '{"status":"pass"}',
    })
  })
})

describe('health', () => {
  it('passes where every secret can be read', async () => {
    const reply = await replyTo(DOCUMENT, accessOf({ target: '/_latchkey/health' }))
    expect(reply).toMatchObject({ status: 200, headers: JSON_HEADERS, body: '{"status":"pass"}' })
  })

  it('names what cannot be read, and nothing of it', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.down.add('FULL')
    const gate = gateOf(DOCUMENT, hostOf(source))
    await gate.enter(accessOf(), () => undefined)
    const { reply } = await gate.enter(accessOf({ target: '/_latchkey/health' }), () => undefined)
    expect(reply).toMatchObject({ status: 503, body: '{"status":"fail","failing":["secret FULL"]}' })
  })

  it('passes where a secret is not set: the gate works as far as it is configured', async () => {
    const reply = await replyTo(DOCUMENT, accessOf({ target: '/_latchkey/health' }), hostOf({}))
    expect(reply.status).toBe(200)
  })
})

describe('whoami', () => {
  const ask = (document: Document, ...headers: readonly Field[]) =>
    replyTo(document, accessOf({ target: '/_latchkey/whoami', headers }))

  it('tells a principal of itself, and never the token', async () => {
    const reply = await ask(DOCUMENT, bearer(TOKENS.FULL))
    expect(reply).toMatchObject({ status: 200, headers: JSON_HEADERS })
    expect(JSON.parse(reply.body)).toEqual({
      subject: 'full',
      name: 'full',
      owner: null,
      kind: 'static-token',
      type: 'full-access',
      surface: 'api',
      permissions: [],
      expiresAt: null,
    })
    expect(JSON.stringify(reply)).not.toContain(TOKENS.FULL)
  })

  it.each(['api', 'admin', 'keys'] as const)('answers a principal of the surface %s', async (surface) => {
    const [full] = DOCUMENT.credentials
    const credentials = [{ ...full, surface } as Document['credentials'][number]]
    expect((await ask({ ...DOCUMENT, credentials }, bearer(TOKENS.FULL))).status).toBe(200)
  })

  it('answers a custom principal, whatever it is granted', async () => {
    const credentials = [
      { kind: 'static-token' as const, tokens: { secret: 'CUSTOM' }, type: 'custom' as const, permissions: ['a.b'] },
    ]
    const reply = await ask({ ...DOCUMENT, credentials }, bearer(TOKENS.CUSTOM))
    expect(JSON.parse(reply.body)).toMatchObject({ type: 'custom', permissions: ['a.b'] })
  })

  it('is refused without a credential', async () => {
    expect(await ask(DOCUMENT)).toMatchObject({ status: 401 })
  })
})

describe('health', () => {
  it('tells of a store that failed when it was last asked, and asks nobody', async () => {
    const document: Document = {
      ...DOCUMENT,
      store: { binding: 'KEYS' },
      credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'FULL' }] }],
    }
    let asked = 0
    const store: Store = {
      ...memory(),
      get() {
        asked++
        throw new StoreError('test', 'down', 'no answer')
      },
    }
    const host = hostOf()
    const equipment = equipmentOf([apiKey], [() => ({ openStore: () => store })], undefined)
    const entered = gate(build(document, host, { transport: 'any' }, equipment))
    const health = async () => (await entered.enter(accessOf({ target: '/_latchkey/health' }), () => undefined)).reply
    expect(await health()).toMatchObject({ status: 200 })

    const pepper = { version: '1', secret: TOKENS.FULL }
    const random = { id: '0'.repeat(17), secret: '0'.repeat(43) }
    const token = await formatKey('lk', random, pepper, host.digests)
    const called = await entered.enter(accessOf({ headers: [bearer(token)] }), () => undefined)
    expect(called.reply).toMatchObject({ status: 503 })
    expect(asked).toBe(1)
    const { status = 0, body = '' } = (await health()) ?? {}
    expect([status, JSON.parse(body), asked]).toEqual([503, { status: 'fail', failing: ['store'] }, 1])
    expect(host.sink.events.find((event) => event.type === 'decision' && event.path === '/')).toMatchObject({
      reason: 'dependency-unavailable',
      detail: 'test: no answer',
    })
  })
})

describe('a preflight to an endpoint', () => {
  const document: Document = {
    ...DOCUMENT,
    cors: { origins: ['https://app.example'] },
    credentials: [
      { kind: 'static-token', name: 'a', tokens: { secret: 'FULL' } },
      {
        kind: 'static-token',
        name: 'b',
        tokens: { secret: 'READ' },
        from: [{ header: 'X-Api-Key' }, { cookie: 'session' }],
      },
    ],
  }
  const ask = (origin: string) =>
    replyTo(
      document,
      accessOf({
        method: 'OPTIONS',
        target: '/_latchkey/whoami',
        headers: [
          ['Origin', origin],
          ['Access-Control-Request-Method', 'GET'],
        ],
      }),
    )

  it('says which headers a listed page may send', async () => {
    expect(await ask('https://app.example')).toMatchObject({
      status: 204,
      body: '',
      headers: {
        'Access-Control-Allow-Origin': 'https://app.example',
        'Access-Control-Allow-Credentials': 'true',
        'Access-Control-Allow-Methods': 'GET, HEAD',
        'Access-Control-Allow-Headers': 'authorization, x-api-key',
      },
    })
  })

  it('allows nothing to a page that is not listed', async () => {
    expect((await ask('https://evil.example')).headers['Access-Control-Allow-Origin']).toBeUndefined()
  })

  it('lets a listed page read the answer too', async () => {
    const headers: readonly Field[] = [['Origin', 'https://app.example'], bearer(TOKENS.FULL)]
    const reply = await replyTo(document, accessOf({ target: '/_latchkey/whoami', headers }))
    expect(reply.headers).toMatchObject({ 'Access-Control-Allow-Origin': 'https://app.example', Vary: 'Origin' })
  })
})
