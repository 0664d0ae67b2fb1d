import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { decodeJwt } from 'jose'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Identity, NodeRequest, RequireIdentity } from '../../adapters/identity/index.ts'
import { requireIdentity } from '../../adapters/identity/index.ts'
import { shownByEvent } from '../../adapters/identity/request.ts'
import { latchkey } from '../../src/http/hono.ts'
import type { Shown } from '../../src/identity-proof.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { bearer } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'
import { gateAt, originThat } from '../node/parts.ts'
import { AUDIENCE, documentWith, EDDSA, ORIGIN, SECRETS, signing } from './given.ts'

interface App extends RequestListener {
  use(paths: readonly string[], handler: Required['express']): void
  use(handler: (request: NodeRequest & { identity?: unknown }, response: ServerResponse) => void): void
}

/** Express, of a package of its own. */
const express = createRequire(resolve('e2e/express/package.json'))('express') as () => App

type Required = RequireIdentity<{ email: string }>

const nameOf = (identity: Identity<{ email: string }>) => (identity.kind === 'anonymous' ? 'nobody' : identity.subject)

/** An origin in each framework, protected by one line, that answers who called. */
const ORIGINS: readonly (readonly [name: string, listener: (identity: Required) => RequestListener])[] = [
  [
    'Hono',
    (identity) =>
      getRequestListener(new Hono().use(identity.hono).all('*', (c) => c.text(nameOf(c.var.identity))).fetch),
  ],
  [
    // Which takes the path that it is mounted at off what its middleware sees.
    'Express',
    (identity) => {
      const app = express()
      app.use(['/orders', '/health'], identity.express)
      app.use((request, response) => void response.end(nameOf(request.identity as Identity<{ email: string }>)))
      return app
    },
  ],
  [
    'Node itself',
    (identity) => (request: IncomingMessage & { identity?: Identity<{ email: string }> }, response: ServerResponse) =>
      void identity.express(request, response, () =>
        response.end(nameOf(request.identity as Identity<{ email: string }>)),
      ),
  ],
  [
    'a Next route handler',
    (identity) => getRequestListener(identity.next((_, caller) => new Response(nameOf(caller)))),
  ],
  [
    'a Lambda function',
    (identity) => {
      const handler = identity.lambda((_, caller) => ({ statusCode: 200, headers: {}, body: nameOf(caller) }))
      return async (request, response) => {
        const { method = '', url = '', headers } = request
        const answer = await handler({
          rawPath: url.split('?')[0] as string,
          headers: headers as Record<string, string>,
          requestContext: { http: { method }, domainName: 'abc.lambda-url.eu-west-1.on.aws' },
        })
        response.writeHead(answer.statusCode, answer.headers).end(answer.body)
      }
    },
  ],
]

async function served(listener: (identity: Required) => RequestListener) {
  const told: string[] = []
  const gateUrl: { now?: string } = {}
  let identity: Required | undefined
  const origin = await originThat((request, response) => {
    identity ??= requireIdentity<{ email: string }>({
      audience: AUDIENCE,
      publicOrigin: ORIGIN,
      keys: { url: `${gateUrl.now}/_latchkey/identity/jwks.json` },
      refused: ({ detail }) => told.push(detail),
    })
    listener(identity)(request, response)
  })
  const { proxies: _, ...document } = documentWith(EDDSA)
  const gate = await gateAt(origin.url, document, { secrets: env(SECRETS) })
  gateUrl.now = gate.url
  const ask = async (url: string, headers: Record<string, string> = {}, method = 'GET') => {
    const response = await fetch(url, { method, headers })
    return { status: response.status, body: await response.text(), type: response.headers.get('content-type') }
  }
  return { gate: gate.url, origin: origin.url, seen: origin.seen, ask, told }
}

describe.each(ORIGINS)('%s', (_, listener) => {
  test('takes what passed the gate, and nothing else', async () => {
    const { gate, origin, seen, ask, told } = await served(listener)
    const credential = { authorization: `Bearer ${TOKENS.FULL}` }
    expect(await ask(`${gate}/orders/7?a=%20b`, credential)).toMatchObject({ status: 200, body: 'full' })
    expect(await ask(`${gate}/orders/a%c3%bcb`, credential, 'DELETE')).toMatchObject({ status: 200, body: 'full' })
    expect(await ask(`${gate}/health`)).toMatchObject({ status: 200, body: 'nobody' })
    const forged = { ...credential, 'x-latchkey-identity': 'forged' }
    expect(await ask(`${gate}/orders/7`, forged)).toMatchObject({ status: 200, body: 'full' })
    expect(told).toEqual([])

    // The direct door: without a word of the gate, with plain fields, and with one that was heard.
    expect(await ask(`${origin}/orders/7`, credential)).toMatchObject({
      status: 403,
      type: 'application/problem+json',
    })
    expect((await ask(`${origin}/orders/7`, { 'x-latchkey-subject': 'full' })).status).toBe(403)
    const [, heard] = seen[0]?.headers.find(([name]) => name.toLowerCase() === 'x-latchkey-identity') ?? []
    const replay = { 'x-latchkey-identity': heard as string }
    expect((await ask(`${origin}/orders/7`, replay)).status).toBe(200)
    expect((await ask(`${origin}/orders/8`, replay)).status).toBe(403)
    const refusal = await ask(`${origin}/orders/7`, replay, 'POST')
    expect([refusal.status, JSON.parse(refusal.body).reason]).toEqual([403, 'proxy-untrusted'])
    expect(told).toEqual(['no identity', 'no identity', 'of another path', 'of another method'])
    expect(refusal.body).not.toContain('method')
  })
})

describe('events of Lambda functions', () => {
  const headers = { 'X-Latchkey-Identity': 'a.b.c' }
  const shown = (method: string, target: string): Shown => ({ method, target, values: ['a.b.c'] })
  const http = { method: 'GET' }

  test.each<[string, object, Shown]>([
    [
      'a function URL, which does not decode',
      { headers, rawPath: '/a%20b', requestContext: { http, domainName: 'abc.lambda-url.eu-west-1.on.aws' } },
      shown('GET', '/a%20b'),
    ],
    [
      'an HTTP API, which does',
      { headers, rawPath: '/a b/ü', requestContext: { http, domainName: 'api.example' } },
      shown('GET', '/a%20b/%C3%BC'),
    ],
    [
      'an HTTP API, of what looks escaped and was escaped',
      { headers, rawPath: '/a%20b', requestContext: { http, domainName: 'a.lambda-url.evil.example' } },
      shown('GET', '/a%2520b'),
    ],
    [
      'an HTTP API in the older format',
      { headers, version: '1.0', httpMethod: 'PUT', path: '/x', requestContext: { path: '/prod/a b' } },
      shown('PUT', '/prod/a%20b'),
    ],
    [
      'a REST API',
      {
        headers,
        multiValueHeaders: { 'x-latchkey-identity': ['a.b.c'] },
        httpMethod: 'POST',
        path: '/a%20b',
        requestContext: { path: '/prod/a%20b' },
      },
      shown('POST', '/prod/a%20b'),
    ],
    [
      'a load balancer',
      { headers, httpMethod: 'GET', path: '/a%20b', requestContext: { elb: {} } },
      shown('GET', '/a%20b'),
    ],
    ['nothing that is known', { headers }, shown('', '')],
    ['one without fields', { httpMethod: 'GET', path: '/', headers: null }, { method: 'GET', target: '/', values: [] }],
    [
      'one that repeats the field',
      { httpMethod: 'GET', path: '/', multiValueHeaders: { 'X-Latchkey-Identity': ['a', 'b'] } },
      { method: 'GET', target: '/', values: ['a', 'b'] },
    ],
  ])('%s', (_, event, expected) => {
    expect(shownByEvent(event)).toEqual(expected)
  })
})

test('an Express router that is mounted reads the path as it was sent', async () => {
  const token = await signing().identity({ target: '/api/orders', headers: [bearer(TOKENS.FULL)] })
  const jwks = JSON.parse((await signing().enter({ target: '/_latchkey/identity/jwks.json' })).reply?.body as string)
  const identity = requireIdentity({
    audience: AUDIENCE,
    publicOrigin: ORIGIN,
    keys: { jwks },
    now: () => 1_780_272_000,
  })
  const request: NodeRequest & { identity?: Identity } = {
    method: 'GET',
    url: '/orders',
    originalUrl: '/api/orders',
    headers: { 'x-latchkey-identity': token },
  }
  const nobody = { statusCode: 0, setHeader: () => undefined, end: () => undefined }
  await identity.express(request, nobody, () => undefined)
  expect([request.identity?.kind, nobody.statusCode]).toEqual(['static-token', 0])
})

test('a Hono app that passes requests on has what the origin is to be sent', async () => {
  const app = new Hono()
    .use(latchkey({ document: documentWith(EDDSA), secrets: env(SECRETS), sink: memorySink() }))
    .get('/orders', (c) => c.text(c.var.signedIdentity ?? 'none'))
  const response = await app.request(`${ORIGIN}/orders`, { headers: { authorization: `Bearer ${TOKENS.FULL}` } })
  expect(decodeJwt(await response.text())).toMatchObject({ sub: 'full', htu: `${ORIGIN}/orders` })
})

test('who called is typed', () => {
  expectTypeOf<Identity['kind']>().toEqualTypeOf<'static-token' | 'api-key' | 'jwt' | 'gateway-key' | 'anonymous'>()
  type Known = Exclude<Identity<{ email: string }>, { kind: 'anonymous' }>
  expectTypeOf<Known['claims']['email']>().toEqualTypeOf<string | undefined>()
  expectTypeOf<Known['owner']>().toEqualTypeOf<string | undefined>()
})
