import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { KeysWorker, Sent } from './keys-worker.ts'
import { FIRST, keysWorker, PEPPER } from './keys-worker.ts'
import type { Project } from './wrangler.ts'
import { project } from './wrangler.ts'

/** The life of keys on a Worker, from an empty store that wrangler has made. */

const CACHE_SECONDS = 10
const MAKING = ['keys', 'create', '--name', 'admin', '--surface', 'keys', '--type', 'full-access']

describe.each(['d1', 'kv'] as const)('keys in %s', (store) => {
  let kept: Project
  let worker: KeysWorker
  let admin: string

  beforeAll(async () => {
    kept = await project()
    const file = store === 'd1' ? ['sql', 'key.sql'] : ['kv', 'key.json']
    const [form, name] = file as [string, string]
    admin = await kept.latchkey({ LATCHKEY_PEPPER: PEPPER }, ...MAKING, '--emit', form, '--out', name)
    if (store === 'd1') {
      await kept.wrangler('d1', 'migrations', 'apply', 'latchkey')
      await kept.wrangler('d1', 'execute', 'latchkey', '--file', name)
    } else {
      await kept.wrangler('kv', 'bulk', 'put', name, '--binding', 'NAMESPACE')
    }
    worker = await keysWorker({ store, state: kept.state, isolates: 2 })
  })

  afterAll(async () => {
    await worker?.stop()
    await kept?.remove()
  })

  const manage = (path: string, sent: Sent = {}) => worker.send(`/_latchkey/keys${path}`, { token: admin, ...sent })

  async function created(name: string, more: object = {}): Promise<{ id: string; token: string }> {
    const { status, json } = await manage('', { json: { name, ...more } })
    expect({ status, json }).toMatchObject({ status: 201 })
    return json
  }

  /** What a token is answered by the isolate that changes keys, and by the other one. */
  async function statuses(token: string): Promise<number[]> {
    return [
      (await worker.send('/orders', { token })).status,
      (await worker.send('/orders', { token, to: 'two' })).status,
    ]
  }

  it('begin with one that the command line made and wrangler has loaded', async () => {
    const { status, json } = await worker.send('/_latchkey/whoami', { token: admin })
    expect({ status, json }).toMatchObject({ status: 200, json: { kind: 'api-key', surface: 'keys' } })
  })

  it('or with one that a static token of surface keys makes', async () => {
    const { status, json } = await manage('', { token: FIRST, json: { name: 'by the first token' } })
    expect({ status, json }).toMatchObject({ status: 201, json: { state: 'active' } })
  })

  it('are called with, and the origin is told who calls', async () => {
    const { id, token } = await created('caller', { owner: 'acme', type: 'custom', permissions: ['orders.read'] })
    const { status, json } = await worker.send('/orders', { token })
    expect(status).toBe(200)
    expect(json.headers).toMatchObject({ 'x-latchkey-subject': id, 'x-latchkey-owner': 'acme' })
    expect(json.headers).not.toHaveProperty('authorization')
    expect((await worker.send('/orders', { token, method: 'POST' })).json.reason).toBe('permission-missing')
    expect((await worker.send('/_latchkey/keys', { token })).json.reason).toBe('surface-mismatch')
  })

  it('are rotated without a gap: both secrets count until the deadline, and then one', async () => {
    const { id, token: old } = await created('rotated')
    expect(await statuses(old)).toEqual([200, 200])
    const rotated = await manage(`/${id}/rotate`, { json: { overlapSeconds: 3600 } })
    const { token: current } = rotated.json
    expect(rotated.status).toBe(200)
    // A second later, as the other isolate has read the key just now.
    worker.at += 1
    expect([await statuses(old), await statuses(current)]).toEqual([
      [200, 200],
      [200, 200],
    ])
    worker.at += 3600
    expect([await statuses(old), await statuses(current)]).toEqual([
      [401, 401],
      [200, 200],
    ])
  })

  it('are revoked: at once where it was done, within cacheSeconds elsewhere', async () => {
    const { id, token } = await created('revoked')
    expect(await statuses(token)).toEqual([200, 200])
    expect((await manage(`/${id}/revoke`, { json: { reason: 'leaked' } })).status).toBe(200)
    worker.at += CACHE_SECONDS - 1
    expect(await statuses(token)).toEqual([401, 200])
    worker.at += 1
    expect(await statuses(token)).toEqual([401, 401])
    expect((await worker.send('/orders', { token })).json.reason).toBe('token-revoked')
  })

  it('are suspended and resumed', async () => {
    const { id, token } = await created('suspended')
    expect((await manage(`/${id}/suspend`, { method: 'POST' })).json.state).toBe('suspended')
    expect(await statuses(token)).toEqual([401, 401])
    expect((await manage(`/${id}/resume`, { method: 'POST' })).json.state).toBe('active')
    worker.at += CACHE_SECONDS
    expect(await statuses(token)).toEqual([200, 200])
  })

  it('are deleted, and free their name', async () => {
    const { id, token } = await created('deleted')
    expect((await manage('', { json: { name: 'deleted' } })).json.reason).toBe('name-taken')
    expect((await manage(`/${id}`, { method: 'DELETE' })).status).toBe(204)
    expect((await worker.send('/orders', { token })).json.reason).toBe('token-unknown')
    expect((await manage(`/${id}`)).status).toBe(404)
    expect((await created('deleted')).id).not.toBe(id)
  })

  it('are changed by one of two who have read the same version', async () => {
    const { id } = await created('changed')
    const { headers } = await manage(`/${id}`)
    const change = (description: string, to: 'one' | 'two') =>
      manage(`/${id}`, {
        to,
        method: 'PATCH',
        json: { description },
        headers: { 'If-Match': headers.get('etag') as string },
      })
    expect((await change('the first', 'one')).status).toBe(200)
    const second = await change('the second', 'two')
    expect([second.status, second.json.reason]).toEqual([412, 'version-outdated'])
    expect((await manage(`/${id}`)).json.description).toBe('the first')
  })

  it('have a log of their own, with what was refused to them', async () => {
    const { id, token } = await created('logged')
    worker.at += 1
    await manage(`/${id}/revoke`, { json: {} })
    worker.at += 1
    expect((await worker.send('/orders', { token })).status).toBe(401)
    // What was counted is written behind a later request.
    worker.at += 10
    await worker.send('/public')
    const types = async () => {
      const { json } = await manage(`/${id}/events`)
      return json.items.map(({ type }: { type: string }) => type)
    }
    await expect.poll(types).toEqual(['key-refused', 'key-revoked', 'key-created'])
    // Nor has what was written late brought the key back.
    expect((await manage(`/${id}`)).json.state).toBe('revoked')
    expect(await statuses(token)).toEqual([401, 401])
  })
})
