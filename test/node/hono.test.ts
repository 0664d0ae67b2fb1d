import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { LatchkeyVariables } from '../../adapters/node/hono.ts'
import { latchkey } from '../../adapters/node/hono.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { AUTHORIZATION } from './parts.ts'
import { exchange, requestText } from './wire.ts'

/** A Hono app behind the middleware, served by Node. */
async function appAt(document: Document = DOCUMENT): Promise<string> {
  const app = new Hono<{ Variables: LatchkeyVariables }>()
    .use(latchkey({ document, secrets: env(TOKENS), sink: memorySink() }))
    .all('*', (c) => c.text(`${c.req.path} ${c.var.principal === 'anonymous' ? '' : c.var.principal.credential}`))
  const server = createServer(getRequestListener(app.fetch))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('latchkey/hono on Node', () => {
  it('lets an allowed request pass to the app', async () => {
    const response = await exchange(await appAt(), requestText('GET /a', [AUTHORIZATION]))
    expect(response).toMatchObject({ status: 200, body: '/a full' })
  })

  it.each([
    ['dot segments that a URL resolves', requestText('GET /health/../a', [AUTHORIZATION]), 400],
    ['a second token that headers join', requestText('GET /a', [AUTHORIZATION, AUTHORIZATION]), 401],
    ['a second host', requestText('GET /a', [AUTHORIZATION, ['Host', 'b.example']]), 400],
    ['an absolute target', requestText('GET http://api.example/a', [AUTHORIZATION]), 400],
  ])('judges the bytes that were sent: %s', async (_, text, status) => {
    expect((await exchange(await appAt(), text)).status).toBe(status)
  })

  it('knows the client by its socket', async () => {
    const document: Document = { ...DOCUMENT, addresses: { allow: ['127.0.0.0/8'] } }
    const spoofed = requestText('GET /a', [AUTHORIZATION, ['X-Forwarded-For', '192.0.2.1']])
    expect((await exchange(await appAt(document), spoofed)).status).toBe(200)
    const elsewhere: Document = { ...DOCUMENT, addresses: { allow: ['192.0.2.0/24'] } }
    expect((await exchange(await appAt(elsewhere), spoofed)).status).toBe(403)
  })
})
