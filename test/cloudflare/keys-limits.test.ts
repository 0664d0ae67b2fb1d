import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Document, LimitDocument } from '../../src/document.ts'
import type { KeysWorker, KeysWorkerOptions } from './keys-worker.ts'
import { FIRST, KEYS_DOCUMENT, keysWorker } from './keys-worker.ts'
import type { Project } from './wrangler.ts'
import { project } from './wrangler.ts'

const MINUTE = 60
/** What the rate limit binding of these tests says of itself. */
const THREE: LimitDocument = { requests: 3, windowSeconds: MINUTE }

/** Keys in D1, whose requests are counted in different places. */
let kept: Project
const running: KeysWorker[] = []

beforeAll(async () => {
  kept = await project()
  await kept.wrangler('d1', 'migrations', 'apply', 'latchkey')
})

afterAll(async () => {
  await Promise.all(running.map((worker) => worker.stop()))
  await kept?.remove()
})

async function workerWith(options: KeysWorkerOptions): Promise<KeysWorker> {
  const worker = await keysWorker({ state: kept.state, ...options })
  running.push(worker)
  // At the beginning of a minute, so that none ends while it is counted in.
  worker.at = Math.ceil(worker.at / MINUTE) * MINUTE
  return worker
}

let made = 0

async function keyOf(worker: KeysWorker, more: object): Promise<string> {
  const { json } = await worker.send('/_latchkey/keys', { token: FIRST, json: { name: `limited ${++made}`, ...more } })
  return json.token
}

async function statuses(worker: KeysWorker, token: string, times: number): Promise<number[]> {
  const all: number[] = []
  for (let time = 0; time < times; time++) all.push((await worker.send('/orders', { token })).status)
  return all
}

const WITH_LIMITER: Document = { ...KEYS_DOCUMENT, limiter: { binding: 'LIMITER' } }
const EXACT: [string, KeysWorkerOptions][] = [
  ['D1, which the store is', { document: KEYS_DOCUMENT }],
  ['D1, which the limiter is', { document: WITH_LIMITER, limiter: 'd1', parts: 'limits' }],
  ['a Durable Object', { document: WITH_LIMITER, limiter: 'object', parts: 'limits' }],
]

describe.each(EXACT)('counted in %s', (place, options) => {
  /** Counted in one database, so each place has an owner of its own. */
  const owner = `acme, ${place}`
  let worker: KeysWorker

  beforeAll(async () => {
    const document = { ...(options.document as Document), owners: { [owner]: { limits: [THREE] } } }
    worker = await workerWith({ ...options, document })
  })

  it('the limit of a key holds, and the caller is told how things stand', async () => {
    const token = await keyOf(worker, { limits: [{ requests: 2, windowSeconds: MINUTE }] })
    worker.at += 40
    const allowed = await worker.send('/orders', { token })
    expect(allowed.status).toBe(200)
    expect(allowed.headers.get('ratelimit-policy')).toBe('"key-60s";q=2;w=60')
    expect(allowed.headers.get('ratelimit')).toBe('"key-60s";r=1;t=20')
    await worker.send('/orders', { token })
    const refused = await worker.send('/orders', { token })
    expect([refused.status, refused.json.reason]).toEqual([429, 'limit-exceeded'])
    expect(refused.headers.get('retry-after')).toBe('20')
    expect(refused.headers.get('ratelimit')).toBe('"key-60s";r=0;t=20')
    worker.at += 20
    expect(await statuses(worker, token, 3)).toEqual([200, 200, 429])
  })

  it('the limit of an owner holds for all keys of that owner, and for nobody else', async () => {
    worker.at += MINUTE
    const [first, second] = [await keyOf(worker, { owner }), await keyOf(worker, { owner })]
    expect(await statuses(worker, first, 2)).toEqual([200, 200])
    expect(await statuses(worker, second, 2)).toEqual([200, 429])
    expect(await statuses(worker, first, 1)).toEqual([429])
    expect(await statuses(worker, await keyOf(worker, { owner: 'other' }), 5)).toEqual([200, 200, 200, 200, 200])
  })

  it('what is refused costs nothing, and so do the endpoints of the gate itself', async () => {
    worker.at += MINUTE
    const token = await keyOf(worker, { limits: [{ requests: 1, windowSeconds: MINUTE }] })
    expect((await worker.send('/orders', { token, method: 'POST' })).status).toBe(403)
    expect((await worker.send('/_latchkey/whoami', { token })).status).toBe(200)
    expect(await statuses(worker, token, 2)).toEqual([200, 429])
    expect((await worker.send('/_latchkey/whoami', { token })).status).toBe(200)
  })
})

describe('counted by a rate limit binding', () => {
  it('the only limit of the document holds, and nothing tells how many are left', async () => {
    const credentials = KEYS_DOCUMENT.credentials.map((each) =>
      each.kind === 'api-key' ? { ...each, limits: [THREE] } : each,
    )
    const document = { ...WITH_LIMITER, credentials }
    const worker = await workerWith({ document, limiter: 'rate-limit', parts: 'limits' })
    const token = await keyOf(worker, {})
    const allowed = await worker.send('/orders', { token })
    expect([allowed.status, allowed.headers.get('ratelimit')]).toEqual([200, null])
    expect(allowed.headers.get('ratelimit-policy')).toBe('"credential-60s";q=3;w=60')
    expect(await statuses(worker, token, 2)).toEqual([200, 200])
    const refused = await worker.send('/orders', { token })
    expect([refused.status, refused.json.reason]).toEqual([429, 'limit-exceeded'])
    expect(refused.headers.get('retry-after')).toBe('60')
    expect(await statuses(worker, await keyOf(worker, {}), 1)).toEqual([200])
  })
})

describe('where nothing counts', () => {
  const LIMITED = { limits: [{ requests: 2, windowSeconds: MINUTE }] }

  it.each<[string, KeysWorkerOptions]>([
    ['the store is KV', { store: 'kv' }],
    ['the binding of the limiter is missing', { document: WITH_LIMITER, parts: 'limits' }],
    [
      'a rate limit binding is to keep the limit of a key',
      { document: WITH_LIMITER, limiter: 'rate-limit', parts: 'limits' },
    ],
  ])('as %s: who has limits is told 503, and all others pass', async (_, options) => {
    const worker = await workerWith(options)
    const refused = await worker.send('/orders', { token: await keyOf(worker, LIMITED) })
    expect([refused.status, refused.json.reason]).toEqual([503, 'not-configured'])
    expect(await statuses(worker, await keyOf(worker, {}), 3)).toEqual([200, 200, 200])
    const events = await worker.events()
    expect(events).toContainEqual(expect.objectContaining({ type: 'decision', reason: 'not-configured' }))
  })
})
