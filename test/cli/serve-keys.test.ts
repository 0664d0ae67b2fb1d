import { rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import { originThat } from '../node/parts.ts'
import { fileOf, folder, run, serving } from './run.ts'

const FIRST_KEY = /LATCHKEY_KEY=(lk_\w+)/

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const status = async (url: string, token: string) => (await fetch(url, { headers: bearer(token) })).status

/** Asks until the answer is the one that is waited for; the test's own time is the bound. */
async function untilStatus(url: string, token: string, wanted: number): Promise<number> {
  for (;;) {
    const found = await status(url, token)
    if (found === wanted) return found
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function created(url: string, administrator: string, key: object): Promise<{ id: string; token: string }> {
  const headers = { ...bearer(administrator), 'Content-Type': 'application/json' }
  const response = await fetch(`${url}/_latchkey/keys`, { method: 'POST', headers, body: JSON.stringify(key) })
  expect(response.status).toBe(201)
  return (await response.json()) as { id: string; token: string }
}

async function asked(url: string, administrator: string, path: string, body: object = {}): Promise<Response> {
  const headers = { ...bearer(administrator), 'Content-Type': 'application/json' }
  return fetch(`${url}/_latchkey/keys/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
}

describe('serve with a store and no document', () => {
  test('prints the first key once, on stderr, and makes a pepper that its owner alone reads', async () => {
    const file = join(folder(), 'keys.db')
    const first = await serving(['--store', `sqlite:${file}`])
    const [, key = ''] = await first.until(FIRST_KEY)
    expect(statSync(`${file}.pepper`).mode & 0o777).toBe(0o600)
    expect(await status(`${first.url}/_latchkey/keys`, key)).toBe(200)
    expect(await status(`${first.url}/hello`, key)).toBe(403)
    first.child.kill('SIGTERM')
    const ended = await first.outcome
    expect(ended.stderr.split(key)).toHaveLength(2)
    expect(ended.stdout).not.toContain(key)

    const again = await serving(['--store', `sqlite:${file}`])
    expect(await status(`${again.url}/_latchkey/keys`, key)).toBe(200)
    again.child.kill('SIGTERM')
    expect((await again.outcome).stderr).not.toMatch(/lk_/)
  })

  test('refuses a store that was made under another pepper', async () => {
    const file = join(folder(), 'keys.db')
    const first = await serving(['--store', `sqlite:${file}`])
    await first.until(FIRST_KEY)
    first.child.kill('SIGTERM')
    await first.outcome
    writeFileSync(`${file}.pepper`, 'another-pepper-another-pepper-another-pepper\n')
    const refused = await run(['serve', '--store', `sqlite:${file}`, '--port', '0'])
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/another pepper/)
    expect(refused.stderr).not.toContain('another-pepper')

    rmSync(`${file}.pepper`)
    const lost = await run(['serve', '--store', `sqlite:${file}`, '--port', '0'])
    expect(lost).toMatchObject({ code: 1 })
    expect(lost.stderr).toMatch(/not here: set LATCHKEY_PEPPER, or bring/)
  })

  test('keeps LATCHKEY_TOKEN beside the keys where it is set, and makes none where it is not', async () => {
    const token = 'a-token-of-more-than-sixteen'
    const both = await serving(['--store', 'memory:'], { LATCHKEY_TOKEN: token })
    expect(await status(`${both.url}/hello`, token)).toBe(200)
    const keysAlone = await serving(['--store', 'memory:'])
    keysAlone.child.kill('SIGTERM')
    expect((await keysAlone.outcome).stderr).not.toMatch(/TOKEN=(?!lk_)/)
  })

  test('says what is wrong with a store in one line, and nothing of its text', async () => {
    for (const [store, said] of [
      ['sqlite:', /name a file/],
      ['redis:secret-in-a-url', /a store is memory: or sqlite:/],
      ['dynamodb:keys', /set AWS_REGION/],
    ] as const) {
      const { code, stderr } = await run(['serve', '--store', store, '--port', '0'])
      expect({ store, code }).toEqual({ store, code: 1 })
      expect(stderr).toMatch(said)
      expect(stderr.trim().split('\n')).toHaveLength(1)
      expect(stderr).not.toContain('secret-in-a-url')
    }
  })
})

describe('the life of a key on Node', () => {
  const DOCUMENT: Document = {
    credentials: [{ kind: 'api-key', peppers: [{ version: 1, secret: 'LATCHKEY_PEPPER' }], cacheSeconds: 1 }],
    store: { binding: 'KEYS' },
    routes: [{ path: '/orders/:id', methods: ['GET'], permission: 'orders.read' }, { path: '/*' }],
  }

  test('is made, called with, rotated with an overlap, and revoked within the stated delay', async () => {
    const origin = await originThat((_, outgoing) => outgoing.end('ok'))
    const file = join(folder(), 'keys.db')
    const store = `sqlite:${file}`
    const variables = { KEYS: store }
    const admin = await run([
      'keys',
      'create',
      '--store',
      store,
      '--surface',
      'keys',
      '--type',
      'full-access',
      '--name',
      'admin',
    ])
    const administrator = admin.stdout.trim()
    const config = fileOf({ ...DOCUMENT, origin: origin.url })
    const { url } = await serving(['--config', config], variables)
    const orders = `${url}/orders/7`

    const key = { name: 'app', type: 'custom', permissions: ['orders.read'], owner: 'acme' }
    const { id, token } = await created(url, administrator, key)
    expect([await status(orders, token), await status(`${url}/other`, token)]).toEqual([200, 403])

    const rotated = (await (await asked(url, administrator, `${id}/rotate`, { overlapSeconds: 2 })).json()) as {
      token: string
    }
    expect([await status(orders, token), await status(orders, rotated.token)]).toEqual([200, 200])
    expect(await untilStatus(orders, token, 401)).toBe(401)
    expect(await status(orders, rotated.token)).toBe(200)

    // Another process changes the store: this one learns of it when its copy is too old.
    const revoked = await run(['keys', 'revoke', id, '--store', store, '--reason', 'lost'])
    expect(revoked.code).toBe(0)
    expect(await untilStatus(orders, rotated.token, 401)).toBe(401)
    const reply = await fetch(orders, { headers: bearer(rotated.token) })
    expect(await reply.json()).toMatchObject({ reason: 'token-revoked' })
    const log = await run(['keys', 'log', id, '--store', store, '--json'])
    expect(log.stdout).toMatch(/key-revoked/)
    for (const secret of [token, rotated.token, administrator]) expect(log.stdout + log.stderr).not.toContain(secret)
  })

  test('is counted, and what was counted is written when the process ends', async () => {
    const origin = await originThat((_, outgoing) => outgoing.end('ok'))
    const store = `sqlite:${join(folder(), 'keys.db')}`
    const made = await run([
      'keys',
      'create',
      '--store',
      store,
      '--name',
      'app',
      '--type',
      'full-access',
      '--owner',
      'acme',
    ])
    const config = fileOf({ ...DOCUMENT, origin: origin.url })
    const { url, child, outcome } = await serving(['--config', config], { KEYS: store })
    for (let request = 0; request < 5; request++) expect(await status(`${url}/x`, made.stdout.trim())).toBe(200)
    child.kill('SIGTERM')
    await outcome
    const usage = await run(['keys', 'usage', '--store', store, '--json'])
    expect(JSON.parse(usage.stdout)).toMatchObject({ rows: [{ owner: 'acme', allowed: 5 }] })
  })
})
