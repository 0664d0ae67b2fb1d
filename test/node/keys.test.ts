import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import type { Field } from '../given/access.ts'
import { gateAt, nowhere } from './parts.ts'
import type { WireResponse } from './wire.ts'
import { exchange, requestText, valuesOf } from './wire.ts'

const FIRST = 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS'
const DOCUMENT: Document = {
  store: { binding: 'KEYS' },
  credentials: [
    { kind: 'static-token', name: 'first', tokens: { secret: 'FIRST' }, surface: 'keys', type: 'full-access' },
    { kind: 'api-key', name: 'keys', peppers: [{ version: 1, secret: 'PEPPER' }] },
  ],
  routes: [{ path: '/*' }],
}

type Ask = (line: string, fields?: readonly Field[], body?: string) => Promise<WireResponse>

/** The keys API of a gate, by requests as they are written on the wire. */
async function keysApi(): Promise<Ask> {
  const secrets = env({ FIRST, PEPPER: 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga' })
  const { url } = await gateAt(await nowhere(), DOCUMENT, { store: 'memory:', secrets })
  const known: Field[] = [
    ['Authorization', `Bearer ${FIRST}`],
    ['Content-Type', 'application/json'],
  ]
  return (line, fields = [], body = '{}') => exchange(url, requestText(line, [...known, ...fields], body))
}

describe('a condition in several lines', () => {
  it('is one list: a version that any of them names is changed, and no other', async () => {
    const ask = await keysApi()
    const made = await ask('POST /_latchkey/keys', [], '{"name":"ci"}')
    const { id } = JSON.parse(made.body)
    const [tag = ''] = valuesOf(made, 'etag')
    const suspend = async (...tags: readonly string[]) => {
      const fields = tags.map((each): Field => ['If-Match', each])
      return (await ask(`POST /_latchkey/keys/${id}/suspend`, fields)).status
    }
    expect(await suspend('"other"', '"another"')).toBe(412)
    expect(await suspend('*', '"other"')).toBe(400)
    expect(await suspend('"other"', tag)).toBe(200)
  })
})
