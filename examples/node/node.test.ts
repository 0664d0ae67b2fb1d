import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import { send } from '../send.ts'
import { origin } from './origin.ts'

const DOCUMENT = JSON.parse(readFileSync(new URL('latchkey.json', import.meta.url), 'utf8')) as Document
const SECRETS = {
  ORIGIN_SECRET: 'hV4nQ2zJ8sK6tB1xW9cL5mD3gF7pR0yA-eUoIiTrNqZ',
  WRITER_TOKEN: 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS',
  READER_TOKEN: 'b6Gm2Ds8Yk4Tn0Lx9Rc3Wv7Fh1Pz5Jq-UiOeAtMrBgE',
}

let notes: Server
let url: string
let gates: Running[] = []

beforeEach(async () => {
  notes = origin(SECRETS.ORIGIN_SECRET)
  await new Promise<void>((resolve) => notes.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(notes.address() as AddressInfo).port}`
})

afterEach(async () => {
  await Promise.all(gates.map((gate) => gate.close(0)))
  gates = []
  notes.close()
})

async function gate(secrets: Record<string, string> = SECRETS): Promise<string> {
  const running = await serve({ document: DOCUMENT, origin: url, port: 0, secrets: env(secrets), sink: memorySink() })
  gates.push(running)
  return running.url
}

const bearer = (token: string) => ['Authorization', `Bearer ${token}`] as const

describe('one secret a caller, in front of an API', () => {
  it('lets the writer write and the reader read', async () => {
    const to = await gate()
    const written = await send(`${to}/`, { method: 'POST', headers: [bearer(SECRETS.WRITER_TOKEN)], body: 'tea' })
    expect(written).toMatchObject({ status: 200, body: 'writer: tea\n' })
    const read = await send(`${to}/`, { headers: [bearer(SECRETS.READER_TOKEN)] })
    expect(read).toMatchObject({ status: 200, body: 'writer: tea\n' })
  })

  it('lets the reader write nothing', async () => {
    const answer = await send(`${await gate()}/`, {
      method: 'POST',
      headers: [bearer(SECRETS.READER_TOKEN)],
      body: 'x',
    })
    expect(answer).toMatchObject({ status: 403, reason: 'permission-missing' })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="notes", error="insufficient_scope"')
  })

  it('lets nobody else in but to ask for its health', async () => {
    const to = await gate()
    expect(await send(`${to}/`)).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect(await send(`${to}/health`)).toMatchObject({ status: 200, body: 'ok\n' })
  })
})

describe('the origin’s own door', () => {
  it('opens to the gate only', async () => {
    expect((await send(`${url}/health`)).status).toBe(403)
    expect((await send(`${url}/`, { headers: [bearer(SECRETS.WRITER_TOKEN)] })).status).toBe(403)
  })

  it('does not open by a client’s copy of the gate’s header', async () => {
    const to = await gate({ ...SECRETS, ORIGIN_SECRET: 'another-secret-of-the-gate' })
    const headers = [bearer(SECRETS.WRITER_TOKEN), ['X-Origin-Secret', SECRETS.ORIGIN_SECRET] as const]
    expect((await send(`${to}/`, { headers })).status).toBe(403)
  })

  it('stays shut where the gate has no secret for it', async () => {
    const { ORIGIN_SECRET: _, ...rest } = SECRETS
    const answer = await send(`${await gate(rest)}/`, { headers: [bearer(SECRETS.WRITER_TOKEN)] })
    expect(answer).toMatchObject({ status: 503, reason: 'not-configured' })
  })
})
