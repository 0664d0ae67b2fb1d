import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import { run } from '../../test/cli/run.ts'
import type { Answer } from '../send.ts'
import { send } from '../send.ts'

/** The variant whose API token ends: a JWT, made by the command of the README and verified at every call. */

const DOCUMENT = JSON.parse(readFileSync(new URL('latchkey.jwt.json', import.meta.url), 'utf8')) as Document
const KEY = 'Y0bDk2mWcR9tVq4Lx7sGz1JhNf5UpEoA3iKyTwXeMuC'
const OLD_KEY = 'h7Qz3xJ0cVbN5mLkGf2DsAa9PoIu6YtRrEwWqZxXcCv'
const SECRETS = { APP_API_TOKEN_KEY: KEY, APP_API_TOKEN_KEY_PREVIOUS: OLD_KEY }

let app: Server
let now = Date.now() / 1000
let gate: Running
let arrived: (string | undefined)[] = []

beforeAll(async () => {
  app = createServer(({ method, url, headers }, response) => {
    arrived.push(`${method} ${url} ${headers['dapr-api-token']} ${headers['x-latchkey-subject']}`)
    response.end('{}')
  })
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(app.address() as AddressInfo).port}`
  const secrets = env(SECRETS)
  gate = await serve({ document: DOCUMENT, origin, port: 0, secrets, sink: memorySink(), now: () => now })
})

afterAll(async () => {
  await gate?.close(0)
  app?.close()
})

/** `latchkey jwt sign`, as the README has it. */
async function signed(key: string, audience = 'orders'): Promise<string> {
  const flags = ['--issuer', 'platform', '--subject', 'daprd', '--expires', '30d', '--audience', audience]
  const { stdout } = await run(['jwt', 'sign', ...flags], { LATCHKEY_JWT_KEY: key })
  return stdout.trim()
}

const ask = (token: string, path = '/dapr/subscribe'): Promise<Answer> =>
  send(gate.url + path, { headers: [['dapr-api-token', token]] })

describe('an app API token that is a JWT', () => {
  it('passes with the signature of the key, and goes no further', async () => {
    arrived = []
    expect((await ask(await signed(KEY))).status).toBe(200)
    expect(arrived).toEqual(['GET /dapr/subscribe undefined daprd'])
  })

  it('passes with the signature of the key before, as daprd reads its token only at its start', async () => {
    expect((await ask(await signed(OLD_KEY))).status).toBe(200)
  })

  it('ends, which a token that is a string never does', async () => {
    const token = await signed(KEY)
    now += 31 * 86_400
    expect(await ask(token)).toMatchObject({ status: 401, reason: 'token-expired' })
    now -= 31 * 86_400
    expect((await ask(token)).status).toBe(200)
  })

  it.each<[name: string, token: () => Promise<string>]>([
    ['another key', () => signed('aNoThErKeYoFmOrEtHaNtHiRtYtWoByTeS0123456789')],
    ['the name of another app', () => signed(KEY, 'payments')],
    ['the key itself', async () => KEY],
    ['no signature', async () => (await signed(KEY)).replace(/[^.]+$/, 'AA')],
  ])('does not pass with %s', async (_, token) => {
    expect(await ask(await token())).toMatchObject({ status: 401, reason: 'token-unknown' })
  })

  it('is not asked of the health probe', async () => {
    expect((await send(`${gate.url}/healthz`)).status).toBe(200)
    expect(await send(`${gate.url}/dapr/subscribe`)).toMatchObject({ status: 401, reason: 'credential-missing' })
  })
})
