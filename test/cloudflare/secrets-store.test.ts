import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Bundle } from '../hosts/worker-runtime.ts'
import { bundle, COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'
import { DOCUMENT, send } from './given.ts'

const OLD = 'jZ2mC9pXr4uKq7wTb1nLs8dVf5gHy3eAoIiOuUxYkBc'
const NEW = 'Qw8eRt5yUi2oPa9sDf6gHj3kLz1xCv4bNm7QaZwSxEd'

/** A Worker with a token in a Secrets Store, which the local stand-in of Cloudflare's platform brings. */
let platform: Miniflare
let modules: Bundle
let port: number
let store: Awaited<ReturnType<Awaited<ReturnType<Miniflare['getSecretsStoreSecretAPI']>>>>

beforeAll(async () => {
  modules = await bundle(new URL('clock-entry.ts', import.meta.url))
})

beforeEach(async () => {
  await platform?.dispose()
  platform = new Miniflare(
    convertV4MiniflareOptions({
      port: 0,
      compatibilityDate: COMPATIBILITY_DATE,
      modules: modules.map(({ name, text }) => ({ type: 'ESModule' as const, path: name, contents: text })),
      bindings: { DOCUMENT: JSON.stringify({ ...DOCUMENT, secretsSeconds: 30, staleSeconds: 60 }) },
      secretsStoreSecrets: { TOKEN: { store_id: 'store', secret_name: 'token' } },
      serviceBindings: { ORIGIN: () => new Response('from the origin') as never },
    }),
  )
  port = Number((await platform.ready).port)
  store = (await platform.getSecretsStoreSecretAPI('TOKEN'))()
})

afterAll(() => platform.dispose())

/** What a token is answered at a time. */
async function status(token: string, at: number): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'X-Test-At': String(at) }
  return (await send(port, '/x', { headers })).status
}

describe('a token in a Secrets Store', () => {
  it('passes', async () => {
    await store.create(OLD)
    expect([await status(OLD, 0), await status(NEW, 0)]).toEqual([200, 401])
  })

  it('that is changed counts within secretsSeconds, and the old one no longer', async () => {
    const id = await store.create(OLD)
    expect(await status(OLD, 0)).toBe(200)
    await store.update(NEW, id)
    expect([await status(OLD, 14), await status(NEW, 14)]).toEqual([200, 401])
    expect([await status(NEW, 31), await status(OLD, 31)]).toEqual([200, 401])
  })

  it('that cannot be read counts on while it may be stale, and then is 503', async () => {
    const id = await store.create(OLD)
    expect(await status(OLD, 0)).toBe(200)
    await store.delete(id)
    expect([await status(OLD, 31), await status(OLD, 89)]).toEqual([200, 200])
    expect(await status(OLD, 91)).toBe(503)
  })

  it('that is not there yet is 503, and passes soon after it is', async () => {
    expect(await status(OLD, 0)).toBe(503)
    await store.create(OLD)
    expect(await status(OLD, 31)).toBe(200)
  })
})
