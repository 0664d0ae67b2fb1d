import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UsageView } from '../../src/http/keys/replies.ts'
import type { TestOrigin } from './given.ts'
import { testOrigin } from './given.ts'
import type { Isolate, KeysWorker } from './keys-worker.ts'
import { FIRST, KEYS_DOCUMENT, keysWorker } from './keys-worker.ts'
import type { Project } from './wrangler.ts'
import { project } from './wrangler.ts'

const OWNERS = ['a', 'b', 'c', 'd', 'e']
const FLUSH_SECONDS = 10
const DAY = 86_400

/** What is counted and told of keys that a Worker keeps in D1. */
let kept: Project
let worker: KeysWorker

beforeAll(async () => {
  kept = await project()
  await kept.wrangler('d1', 'migrations', 'apply', 'latchkey')
  worker = await keysWorker({ state: kept.state, isolates: 2 })
})

afterAll(async () => {
  await worker?.stop()
  await kept?.remove()
})

const manage = async (path: string, json?: object) =>
  (await worker.send(`/_latchkey${path}`, { token: FIRST, json })).json

describe('usage', () => {
  it('of a thousand requests of five owners adds up, though two isolates have counted it', async () => {
    const tokens: string[] = []
    for (const owner of OWNERS) {
      tokens.push((await manage('/keys', { name: `key of ${owner}`, owner })).token)
    }
    const ask = (request: number) => {
      const to: Isolate = request % 2 === 0 ? 'one' : 'two'
      // A read-only key may read, and is refused one in four.
      const method = request % 4 === 3 ? 'POST' : 'GET'
      return worker.send('/orders', { to, method, token: tokens[request % 5] as string })
    }
    for (let request = 0; request < 1000; request += 50) {
      worker.at += 1
      const answers = await Promise.all(Array.from({ length: 50 }, (_, place) => ask(request + place)))
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(38 - ((request / 50) % 2))
    }
    worker.at += FLUSH_SECONDS
    for (const to of ['one', 'two'] as const) await worker.send('/public', { to })

    const rows = async (): Promise<UsageView['rows']> => (await manage('/usage?group=owner')).rows
    await expect
      .poll(async () => (await rows()).map(({ owner, allowed, refused }) => [owner, allowed, refused]))
      .toEqual(OWNERS.map((owner) => [owner, 150, { 'permission-missing': 50 }]))
  })
})

describe('a key that ends soon', () => {
  it('is told its end in every reply, and one that does not is told nothing', async () => {
    const { token } = await manage('/keys', { name: 'ends', lifetimeDays: 8 })
    const expires = async () => (await worker.send('/orders', { token })).headers.get('x-latchkey-key-expires')
    const end = worker.at + 8 * DAY
    expect(await expires()).toBeNull()
    worker.at += DAY
    expect(await expires()).toBe(String(end))
  })

  it('is told of by cron, once, in whichever isolate it runs', async () => {
    const nearEnds = async (isolate: Isolate) =>
      (await worker.events(isolate)).filter(({ type }) => type === 'key-near-expiry')
    for (const isolate of ['one', 'two', 'one'] as const) await worker.cron(isolate)
    expect(await nearEnds('one')).toMatchObject([{ name: 'ends', actor: null, detail: 'within 7 days' }])
    expect(await nearEnds('two')).toEqual([])
  })
})

describe('a webhook', () => {
  const SECRET = 'a secret that both know, as text'
  let receiver: TestOrigin
  let hooked: KeysWorker
  let arrived: { headers: IncomingHttpHeaders; body: string }[] = []

  beforeAll(async () => {
    receiver = await testOrigin()
    receiver.answer = async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      arrived.push({ headers: incoming.headers, body: Buffer.concat(chunks).toString() })
      outgoing.end()
    }
    // The isolate is a new one, over what the others have written.
    await worker.stop()
    const url = `${receiver.url}/hook`
    hooked = await keysWorker({
      state: kept.state,
      document: { ...KEYS_DOCUMENT, webhooks: [{ url, secret: { secret: 'WEBHOOK' }, types: ['key-*'] }] },
      parts: 'webhooks',
      bindings: { WEBHOOK: SECRET },
    })
    hooked.at = worker.at
  })

  afterAll(async () => {
    await hooked?.stop()
    await receiver?.stop()
  })

  const types = () => arrived.map(({ body }) => JSON.parse(body).type)

  it('is sent what cron tells, though no request has come before', async () => {
    hooked.at += 83 * DAY
    await hooked.cron()
    await expect.poll(types).toEqual(OWNERS.map(() => 'dev.latchkey.key-near-expiry'))
  })

  it('is sent what the keys API does, signed', async () => {
    arrived = []
    const { json } = await hooked.send('/_latchkey/keys', { token: FIRST, json: { name: 'told', owner: 'acme' } })
    await expect.poll(types).toEqual(['dev.latchkey.key-created'])
    const [{ headers, body }] = arrived as [(typeof arrived)[0]]
    expect(JSON.parse(body)).toMatchObject({ subject: json.id, data: { owner: 'acme', actor: 'static-token:first' } })
    expect(body).not.toContain(json.token)
    const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`)
  })
})
