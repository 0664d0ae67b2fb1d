import { describe, expect, it } from 'vitest'
import type { AppHost } from '../../src/http/app.ts'
import { app } from '../../src/http/app.ts'
import { bodyOf } from '../../src/http/asked.ts'
import { accessOfRequest } from '../../src/http/request-access.ts'
import { NOW } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'
import { gateOf } from '../given/gate.ts'

const authorized = { headers: { Authorization: `Bearer ${TOKENS.FULL}` } }

function appOf(host: Partial<AppHost<object>> = {}) {
  const gate = gateOf()
  return app({
    gate: () => gate,
    access: (c) => accessOfRequest(c.req.raw, { requestId: 'id', at: NOW, clientAddress: undefined }),
    defer: () => () => undefined,
    body: (c) => bodyOf(c.req.raw),
    forward: (c, { allowed }) => c.text(allowed.principal === 'anonymous' ? 'anonymous' : allowed.principal.credential),
    ...host,
  })
}

describe('the gate as a Hono app', () => {
  it('sends on what passes, whatever its path and method', async () => {
    for (const method of ['GET', 'POST', 'PURGE', 'OPTIONS']) {
      const response = await appOf().request('/a/b?c=d', { ...authorized, method })
      expect([response.status, await response.text()]).toEqual([200, 'full'])
    }
    expect(await (await appOf().request('/health')).text()).toBe('anonymous')
  })

  it('answers refusals and its own endpoints', async () => {
    expect((await appOf().request('/a')).status).toBe(401)
    expect(await (await appOf().request('/_latchkey/live')).json()).toEqual({ status: 'pass' })
  })

  it('answers HEAD without a body', async () => {
    const response = await appOf().request('/a', { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([401, ''])
  })

  it.each<[string, Partial<AppHost<object>>]>([
    ['its gate', { gate: () => Promise.reject(new Error(`a bug about ${TOKENS.FULL}`)) }],
    [
      'reading a request',
      {
        access: () => {
          throw new Error(`a bug about ${TOKENS.FULL}`)
        },
      },
    ],
    [
      'sending one on',
      {
        forward: () => {
          throw new Error(`a bug about ${TOKENS.FULL}`)
        },
      },
    ],
  ])('fails closed where %s throws, and says nothing of it', async (_, host) => {
    const response = await appOf(host).request('/a', authorized)
    expect([response.status, await response.text()]).toEqual([503, ''])
    expect(response.headers.get('Cache-Control')).toBe('no-store')
  })
})
