import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Got, KeysWorker, KeysWorkerOptions } from './keys-worker.ts'
import { FIRST, keysWorker } from './keys-worker.ts'
import type { Project } from './wrangler.ts'
import { project } from './wrangler.ts'

const CACHE_SECONDS = 10
const STALE_SECONDS = 300
/** Of the form of an issued key, and made under another pepper. */
const FOREIGN = 'lk_111B438os9D4SF2wonoBcZGlJXHutkIUqixom5eDiwxBPrrvJsHJu7pZ92tPjEYoQTWLSqaoV1gJWxQ'

/** What goes wrong with the keys of a Worker, and what a caller and the log are told. */
let kept: Project
let worker: KeysWorker

beforeAll(async () => {
  kept = await project()
  await kept.wrangler('d1', 'migrations', 'apply', 'latchkey')
})

afterAll(() => kept?.remove())

afterEach(() => worker?.stop())

async function started(options: KeysWorkerOptions = {}): Promise<void> {
  worker = await keysWorker({ state: kept.state, ...options })
}

const made = async (json: object): Promise<Got> => worker.send('/_latchkey/keys', { token: FIRST, json })
const answer = async (path: string, token?: string) => {
  const { status, json } = await worker.send(path, token === undefined ? {} : { token })
  return [status, json?.reason]
}
const notices = async (): Promise<string[]> =>
  (await worker.events()).flatMap((event: LatchkeyEvent) => (event.type === 'notice' ? event.message : []))

describe('a store that is down', () => {
  const database = () => worker.platform.getD1Database('KEYS', 'one')
  const down = async () => (await database()).prepare('ALTER TABLE entries RENAME TO away').run()
  const up = async () => (await database()).prepare('ALTER TABLE away RENAME TO entries').run()

  it('is spared for a key that was read: it counts for staleSeconds more, and no longer', async () => {
    await started()
    const { json: key } = await made({ name: 'known' })
    const { json: other } = await made({ name: 'never read' })
    expect(await answer('/orders', key.token)).toEqual([200, undefined])
    await down()
    try {
      expect(await answer('/orders', other.token)).toEqual([503, 'dependency-unavailable'])
      worker.at += CACHE_SECONDS + STALE_SECONDS - 1
      expect(await answer('/orders', key.token)).toEqual([200, undefined])
      worker.at += 1
      expect(await answer('/orders', key.token)).toEqual([503, 'dependency-unavailable'])
      expect(await answer('/orders', FOREIGN)).toEqual([401, 'token-unknown'])
      expect(await answer('/public')).toEqual([200, undefined])
    } finally {
      await up()
    }
    expect(await answer('/orders', key.token)).toEqual([200, undefined])
  })

  it('is told by the keys API, with when to come again', async () => {
    await started()
    await down()
    try {
      const { status, json, headers } = await made({ name: 'not made' })
      expect([status, json.reason]).toEqual([503, 'dependency-unavailable'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    } finally {
      await up()
    }
    expect((await made({ name: 'not made' })).status).toBe(201)
  })

  it('loses no usage: it is written when the store is back', async () => {
    await started()
    const { json: key } = await made({ name: 'counted', owner: 'counted' })
    expect(await answer('/orders', key.token)).toEqual([200, undefined])
    await down()
    try {
      worker.at += CACHE_SECONDS
      expect(await answer('/orders', key.token)).toEqual([200, undefined])
      await expect.poll(notices).toContainEqual(expect.stringContaining('it is kept and tried again'))
    } finally {
      await up()
    }
    worker.at += CACHE_SECONDS
    expect(await answer('/orders', key.token)).toEqual([200, undefined])
    worker.at += CACHE_SECONDS
    const counts = async () => {
      await worker.send('/public')
      const { json } = await worker.send('/_latchkey/usage?owner=counted', { token: FIRST })
      return json.rows.map(({ allowed }: { allowed: number }) => allowed)
    }
    await expect.poll(counts).toEqual([3])
  })
})

describe('a Worker', () => {
  it('without the migrations of its database tells so, and lets all else pass', async () => {
    worker = await keysWorker()
    const { status, json } = await made({ name: 'nowhere' })
    expect([status, json.reason]).toEqual([503, 'dependency-unavailable'])
    expect(await answer('/_latchkey/whoami', FIRST)).toEqual([200, undefined])
  })

  it('without the binding of its store takes no issued keys, and says which one is missing', async () => {
    await started({ store: 'none' })
    expect(await answer('/orders', FOREIGN)).toEqual([503, 'not-configured'])
    expect(await answer('/_latchkey/whoami', FIRST)).toEqual([200, undefined])
    expect(await answer('/_latchkey/keys', FIRST)).toEqual([403, 'route-unknown'])
    expect(await notices()).toContain('no store: binding KEYS is neither a D1 database nor a KV namespace')
  })

  it('without its pepper takes no issued keys, and says which one is missing', async () => {
    await started({ bindings: { PEPPER: '' } })
    expect(await answer('/orders', FOREIGN)).toEqual([503, 'not-configured'])
    expect(await answer('/_latchkey/whoami', FIRST)).toEqual([200, undefined])
    expect(await notices()).toContain('credential keys is not configured: set PEPPER')
  })

  it('under another pepper makes no keys in a store that has some', async () => {
    await started()
    expect((await made({ name: 'under the first' })).status).toBe(201)
    await worker.stop()
    await started({ bindings: { PEPPER: 'another pepper, that nobody has seen' } })
    const { status, json } = await made({ name: 'under the second' })
    expect([status, json.reason]).toEqual([503, 'wrong-pepper'])
  })

  it('whose entry file names no verifiers refuses everything but live, and logs the fault', async () => {
    await started({ verifiers: '' })
    for (const path of ['/public', '/orders', '/_latchkey/health', '/_latchkey/keys']) {
      expect(await answer(path, FIRST)).toEqual([503, 'not-configured'])
    }
    expect((await worker.send('/_latchkey/live')).status).toBe(200)
    expect(await notices()).toEqual(['configuration fault at /credentials: what the entry file names'])
  })
})

describe.each(['d1', 'kv'] as const)('two administrators at once, on %s,', (store) => {
  /** KV has no conditional write: both of two may be told that theirs was done. */
  const isExact = store === 'd1'

  it('take a name', async () => {
    await started({ store, isolates: 2 })
    const create = (to: 'one' | 'two') =>
      worker.send('/_latchkey/keys', { to, token: FIRST, json: { name: `taken in ${store}` } })
    const answers = await Promise.all([create('one'), create('two'), create('one'), create('two')])
    const done = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused.map(({ status, json }) => [status, json.reason])).toEqual(refused.map(() => [409, 'name-taken']))
    expect(done.length).toBeGreaterThan(0)
    if (isExact) expect(done.length).toBe(1)
    // Whoever was told a token can use it.
    for (const { json } of done) expect(await answer('/orders', json.token)).toEqual([200, undefined])
  })

  it('change a key that both have read', async () => {
    await started({ store, isolates: 2 })
    const { json, headers } = await made({ name: `changed in ${store}` })
    const change = (to: 'one' | 'two') =>
      worker.send(`/_latchkey/keys/${json.id}`, {
        to,
        method: 'PATCH',
        token: FIRST,
        json: { description: to },
        headers: { 'If-Match': headers.get('etag') as string },
      })
    const answers = await Promise.all([change('one'), change('two')])
    const done = answers.filter(({ status }) => status === 200)
    expect(done.length).toBeGreaterThan(0)
    if (isExact) expect(answers.map(({ status }) => status).sort()).toEqual([200, 412])
    const now = await worker.send(`/_latchkey/keys/${json.id}`, { token: FIRST })
    expect(done.map((each) => each.json.description)).toContain(now.json.description)
  })
})
