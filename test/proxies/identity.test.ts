import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Identity, IdentityKeys } from '../../adapters/identity/index.ts'
import { requireIdentity } from '../../adapters/identity/index.ts'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Sent } from '../../examples/send.ts'
import { send } from '../../examples/send.ts'
import { INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import type { Document } from '../../src/document.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { AUDIENCE, HS256, SECRETS as KEYS, made, ORIGIN, SHARED } from '../identity/given.ts'
import type { RunningProxy } from './proxy.ts'
import { PROXY_NAMES, startProxy } from './proxy.ts'
import { statusOverTls } from './status-over-tls.ts'

const SECRETS = {
  PROXY_SECRET: 'Zr8sQ1vT5yB9nM3kL7jH2gF6dS0aP4oI',
  APP_API_TOKEN: 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM',
  IDENTITY_KEY: KEYS.CURRENT,
}
const APP = ['Authorization', `Bearer ${SECRETS.APP_API_TOKEN}`] as const

/** Every way to spell the field that an origin might read as the same. */
const SPELLINGS = ['X-Latchkey-Identity', 'x-latchkey-identity', 'X_Latchkey_Identity', 'X-Latchkey_Identity']

/** A request as it came to an origin that proves it: what it showed, and who called where it was proved. */
interface Arrived {
  readonly shown: readonly Field[]
  readonly identity: Identity | undefined
  readonly body: string
}

interface ProvingOrigin {
  readonly port: number
  readonly arrived: Arrived[]
  close(): Promise<void>
}

/** An origin that takes only what its gate has signed, in one line. */
async function provingOrigin(
  gateUrl: string,
  keys: IdentityKeys = { url: `${gateUrl}/_latchkey/identity/jwks.json` },
): Promise<ProvingOrigin> {
  const required = requireIdentity({ audience: AUDIENCE, publicOrigin: ORIGIN, keys })
  const arrived: Arrived[] = []
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const names = request.rawHeaders.filter((_, place) => place % 2 === 0)
    const shown = names.flatMap((name, place): Field[] =>
      /^x[-_]latchkey[-_]identity$/i.test(name) ? [[name, request.rawHeaders[place * 2 + 1] as string]] : [],
    )
    let identity: Identity | undefined
    await required.express(request, response, () => {
      identity = (request as { identity?: Identity }).identity
      response.end('ok')
    })
    arrived.push({ shown, identity, body: Buffer.concat(chunks).toString('utf8') })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    arrived,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function documentOf(name: string): Document {
  return JSON.parse(readFileSync(new URL(`../../examples/${name}/latchkey.json`, import.meta.url), 'utf8')) as Document
}

describe.each(PROXY_NAMES)('a signed identity through %s', (name) => {
  let gate: Running
  let origin: ProvingOrigin
  let proxy: RunningProxy

  beforeAll(async () => {
    const identity = { audience: AUDIENCE, publicOrigin: ORIGIN, keys: { secret: 'IDENTITY_KEY' } }
    const document = { ...documentOf(name), identity }
    gate = await serve({ document, port: 0, secrets: env(SECRETS), sink: memorySink() })
    origin = await provingOrigin(gate.url)
    const ports = { gate: Number(new URL(gate.url).port), origin: origin.port }
    proxy = await startProxy(name, { ...ports, secret: SECRETS.PROXY_SECRET })
  }, INSTALL_MILLISECONDS)

  beforeEach(() => {
    origin.arrived.length = 0
  })

  afterAll(async () => {
    await proxy?.stop()
    await origin?.close()
    await gate?.close(0)
  })

  const call = (target: string, sent?: Sent) => send(`http://127.0.0.1:${proxy.port}${target}`, sent)
  const direct = (target: string, sent?: Sent) => send(`http://127.0.0.1:${origin.port}${target}`, sent)

  /** What the origin was shown for a request that passed. */
  async function identityFor(target: string, sent?: Sent): Promise<string> {
    expect((await call(target, sent)).status).toBe(200)
    const shown = origin.arrived.at(-1)?.shown ?? []
    expect(shown).toHaveLength(1)
    return shown[0]?.[1] as string
  }

  it('tells the origin who called, by http and by https', async () => {
    expect((await call('/orders/a%c3%bcb?x=1', { headers: [APP] })).status).toBe(200)
    expect(await statusOverTls(proxy.tlsPort, '/orders/7', [APP])).toBe(200)
    expect(origin.arrived).toMatchObject([
      { identity: { subject: 'app', kind: 'static-token', type: 'full-access' } },
      { identity: { subject: 'app' } },
    ])
  })

  it('tells it that nobody in particular did, on a public route', async () => {
    expect((await call('/health')).status).toBe(200)
    expect(origin.arrived).toMatchObject([{ identity: { kind: 'anonymous' } }])
  })

  it('is bound to the method that was asked about, and leaves the body alone', async () => {
    const body = 'é\r\n0123456789'.repeat(10_000)
    expect((await call('/orders/7', { method: 'PUT', headers: [APP], body })).status).toBe(200)
    expect((await call('/orders', { method: 'POST', headers: [APP], body })).status).toBe(200)
    expect(origin.arrived).toMatchObject([
      { identity: { subject: 'app' }, body },
      { identity: { subject: 'app' }, body },
    ])
  })

  it('is needed by whoever comes past the proxy', async () => {
    const answers = [
      await direct('/orders/7'),
      await direct('/orders/7', { headers: [APP] }),
      await direct('/orders/7', { headers: [APP, ['X-Latchkey-Identity', '']] }),
      await direct('/orders/7', {
        headers: [['X-Latchkey-Identity', made({ claims: { htu: `${ORIGIN}/orders/7` } })]],
      }),
      await direct('/health'),
    ]
    expect(answers.map(({ status, reason }) => [status, reason])).toEqual(answers.map(() => [403, 'proxy-untrusted']))
    expect(origin.arrived.map(({ identity }) => identity)).toEqual(answers.map(() => undefined))
  })

  it('is good for the request that it was signed for, and for no other', async () => {
    const heard = ['X-Latchkey-Identity', await identityFor('/orders/7', { headers: [APP] })] as const
    const status = async (target: string, method = 'GET') => (await direct(target, { method, headers: [heard] })).status
    expect(await status('/orders/7')).toBe(200)
    expect(await status('/orders/8')).toBe(403)
    expect(await status('/_latchkey/verify')).toBe(403)
    expect(await status('/orders/7', 'PUT')).toBe(403)
  })

  it.each(SPELLINGS)("lets no client's own copy arrive as %s", async (spelling) => {
    const heard = await identityFor('/orders/7', { headers: [APP] })
    for (const [target, sent] of [
      ['/orders/8', { headers: [APP, [spelling, heard]] }],
      ['/health', { headers: [[spelling, heard]] }],
      ['/orders/8', { headers: [APP, [spelling, heard], ['Connection', `close, ${spelling}`]] }],
      ['/orders/8', { headers: [[spelling, heard], [spelling, heard], APP] }],
    ] as const) {
      expect(await identityFor(target, sent)).not.toBe(heard)
      expect(origin.arrived.at(-1)?.identity?.kind).toBe(target === '/health' ? 'anonymous' : 'static-token')
    }
  })

  it('passes nothing on where nothing can be signed', async () => {
    const document = {
      ...documentOf(name),
      identity: { audience: AUDIENCE, publicOrigin: ORIGIN, keys: { secret: 'UNSET' } },
    }
    const other = await serve({ document, port: 0, secrets: env(SECRETS), sink: memorySink() })
    const ports = { gate: Number(new URL(other.url).port), origin: origin.port }
    const alone = await startProxy(name, { ...ports, secret: SECRETS.PROXY_SECRET })
    const answer = await send(`http://127.0.0.1:${alone.port}/health`)
    await alone.stop()
    await other.close(0)
    expect(answer.headers['x-latchkey-reason']).toBe('not-configured')
    expect(origin.arrived).toEqual([])
  })
})

describe.each(PROXY_NAMES)('a long identity through %s', (name) => {
  /** 11 KB in all of verify's answer: what is granted stands in a field of its own and in what is signed. */
  const permissions = Array.from({ length: 160 }, (_, each) => `orders.collection-${each}.read`)
  let gate: Running
  let origin: ProvingOrigin
  let proxy: RunningProxy

  beforeAll(async () => {
    const shipped = documentOf(name)
    const app = shipped.credentials.filter((each) => each.name === 'app')
    const document = {
      ...shipped,
      identity: HS256,
      credentials: app.map((each) => ({ ...each, type: 'custom', permissions })),
      routes: [{ path: '/orders/:id', permission: 'orders.collection-7.read' }],
    } as Document
    gate = await serve({ document, port: 0, secrets: env({ ...SECRETS, SHARED }), sink: memorySink() })
    origin = await provingOrigin(gate.url, { secrets: [SHARED] })
    const ports = { gate: Number(new URL(gate.url).port), origin: origin.port }
    proxy = await startProxy(name, { ...ports, secret: SECRETS.PROXY_SECRET })
  }, INSTALL_MILLISECONDS)

  afterAll(async () => {
    await proxy?.stop()
    await origin?.close()
    await gate?.close(0)
  })

  it('arrives whole', async () => {
    const { status } = await send(`http://127.0.0.1:${proxy.port}/orders/7`, { headers: [APP] })
    expect(status).toBe(200)
    expect(origin.arrived).toMatchObject([{ identity: { subject: 'app', permissions } }])
  })
})

describe.each(PROXY_NAMES)('without signed identities, %s', (name) => {
  let gate: Running
  let origin: ProvingOrigin
  let proxy: RunningProxy

  beforeAll(async () => {
    gate = await serve({ document: documentOf(name), port: 0, secrets: env(SECRETS), sink: memorySink() })
    origin = await provingOrigin(gate.url)
    const ports = { gate: Number(new URL(gate.url).port), origin: origin.port }
    proxy = await startProxy(name, { ...ports, secret: SECRETS.PROXY_SECRET })
  }, INSTALL_MILLISECONDS)

  afterAll(async () => {
    await proxy?.stop()
    await origin?.close()
    await gate?.close(0)
  })

  it.each(SPELLINGS)('tells none, whatever a client sends as %s', async (spelling) => {
    for (const target of ['/orders/7', '/health']) {
      origin.arrived.length = 0
      await send(`http://127.0.0.1:${proxy.port}${target}`, { headers: [APP, [spelling, made()]] })
      expect(origin.arrived).toHaveLength(1)
      expect(origin.arrived[0]?.shown.map(([, value]) => value).join('')).toBe('')
    }
  })
})
