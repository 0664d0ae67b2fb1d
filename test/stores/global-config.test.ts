import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { rowOf } from '../../src/lib/storable.ts'
import { globalConfig } from '../../src/stores/global-config.ts'
import type { Title } from './contract.ts'
import { clockFromNow, storeContract } from './contract.ts'
import type { TestServer } from './server.ts'
import { NOBODY, testServer } from './server.ts'

const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))

/** Vercel's own client, which tells whether the stand-in speaks as Vercel does. */
interface Client {
  get(key: string): Promise<unknown>
  getAll(): Promise<unknown>
}
const { createClient } = require('@vercel/global-config') as { createClient(connection: string): Client }

const TOKEN = 'the-token-of-this-test'
const servers: TestServer[] = []
const items = new Map<string, unknown>()

/** What Vercel's client asks for is answered as that client expects it: Vercel itself cannot be had offline. */
function standIn(): Promise<TestServer> {
  return testServer((incoming, outgoing) => {
    const { pathname } = new URL(incoming.url as string, 'http://global-config.example')
    const send = (status: number, body: unknown, headers = {}) =>
      outgoing.writeHead(status, headers).end(JSON.stringify(body))
    if (incoming.headers.authorization !== `Bearer ${TOKEN}`) return send(401, { error: { code: 'unauthorized' } })
    const digest = { 'x-edge-config-digest': 'digest' }
    const [, config, what, name] = pathname.split('/')
    if (config !== 'ecfg_test') return send(404, { error: { code: 'edge_config_not_found' } })
    if (what === 'items') return send(200, Object.fromEntries(items), digest)
    const isThere = name !== undefined && items.has(name)
    return isThere ? send(200, items.get(name), digest) : send(404, { error: { code: 'not_found' } }, digest)
  })
}

/** An item as docs/storage.md describes it. */
function nameOf(id: string): string {
  return id.replace(/[^A-Za-z0-9-]/g, (character) => `_${character.charCodeAt(0).toString(16)}`)
}

const READ_ONLY = 'a Global Config is read only here'
const WRITES: readonly Title[] = [
  'writes nothing under an id that no entry may have',
  'refuses a value that is larger, or that is no text',
  'refuses a name or a time that no listing could order',
  'gives every write another version, of the same value and after a deletion too',
  'tells the version that it wrote, so that nobody must read it again',
  'writes where there is nothing, and only there',
  'is not held up by an id that begins alike',
  'writes over the version that was read, and over no other',
  'writes over no version of what was deleted',
  'lets one of many writers of a version win',
  'lets one of many take a free id',
  'shows every instance what any of them has written',
  'deletes, and frees the id',
  'deletes the version that was read, and no other',
  'deletes by no version what is gone',
  'lets one of many who write or delete a version win',
  'deletes what is not there without a word',
  'frees an id when its time is over',
  'keeps an entry that was given more time',
  'lists an entry where its last write put it',
  'stands by its cursor while entries come and go',
  'does what the memory store does, whatever comes in whatever order',
  'tells that it is down',
  'tells that it is slow',
  'tells that it is busy',
  'tells that it is full, and reads on',
]

describe('globalConfig', () => {
  let server: TestServer
  const connection = (url = server.url) => `${url}/ecfg_test?token=${TOKEN}`

  beforeAll(async () => {
    server = await standIn()
    servers.push(server)
  })
  afterAll(() => Promise.all(servers.map((each) => each.stop())))

  storeContract(
    async () => {
      const clock = clockFromNow()
      const store = globalConfig(connection(), { now: () => clock.at })
      return {
        store,
        other: store,
        clock,
        async seed(id, value, options = {}) {
          const { version, name, expires, gone } = rowOf(id, value, options)
          items.set(nameOf(id), { value, version, name, expires, expiresAt: gone })
        },
        stop: async () => undefined,
      }
    },
    {
      'keeps every character that an id may have':
        'an item’s name has 256 characters, and each of these takes three; below',
      ...Object.fromEntries(WRITES.map((title) => [title, READ_ONLY])),
    },
  )

  it('finds an id of any characters that fits', async () => {
    const ids = Array.from({ length: 94 }, (_, place) => `char:a${String.fromCharCode(0x21 + place)}`)
    for (const id of ids) items.set(nameOf(id), { value: id, version: '1' })
    const store = globalConfig(connection())
    for (const id of ids) expect(await store.get(id)).toEqual({ id, value: id, version: '1' })
    expect((await store.list({ prefix: 'char:', limit: 100 })).items.map(({ id }) => id)).toEqual(ids.toSorted())
    expect([...items.keys()].filter((name) => !/^[\w-]{1,256}$/.test(name))).toEqual([])
  })

  it('finds nothing under an id that is too long for a name', async () => {
    expect(await globalConfig(connection()).get(`key:${'_'.repeat(200)}`)).toBeUndefined()
  })

  it('is asked by Vercel’s own client as by the store', async () => {
    items.set('key_3aclient', { value: 'one', version: '1' })
    const client = createClient(connection())
    expect(await client.get('key_3aclient')).toEqual({ value: 'one', version: '1' })
    expect(await client.get('none')).toBeUndefined()
    expect(await client.getAll()).toHaveProperty('key_3aclient')
    await expect(createClient(`${server.url}/ecfg_other?token=${TOKEN}`).get('none')).rejects.toThrow('not found')
  })

  it('writes nothing', async () => {
    const store = globalConfig(connection())
    const refused = { trouble: 'read-only', message: expect.stringContaining('Vercel') }
    await expect(store.put('key:a', 'value')).rejects.toMatchObject(refused)
    await expect(store.delete('key:a')).rejects.toMatchObject(refused)
  })

  it.each<[name: string, connection: () => Promise<string>, trouble: string]>([
    ['whose store is gone', async () => `${server.url}/ecfg_other?token=${TOKEN}`, 'refused'],
    ['of another token', async () => `${server.url}/ecfg_test?token=another`, 'refused'],
    ['where nobody answers', async () => connection(NOBODY), 'down'],
    ['where nobody answers in time', async () => connection(await status(0)), 'slow'],
    ['that is asked too often', async () => connection(await status(429)), 'busy'],
    ['that has troubles of its own', async () => connection(await status(500)), 'down'],
  ])('tells of a config %s', async (_, config, trouble) => {
    const store = globalConfig(await config(), { patienceMilliseconds: 200 })
    for (const work of [() => store.get('key:a'), () => store.list({ prefix: 'key:', limit: 1 })]) {
      await expect(async () => work()).rejects.toMatchObject({ trouble, message: expect.not.stringContaining(TOKEN) })
    }
  })

  it('says that an item is no entry, and lists only what are', async () => {
    items.set('bad_3aa', { value: 1 })
    items.set('feature-flag', true)
    const store = globalConfig(connection())
    await expect(async () => store.get('bad:a')).rejects.toMatchObject({ trouble: 'unreadable' })
    await expect(store.list({ prefix: 'bad:', limit: 1 })).rejects.toMatchObject({ trouble: 'unreadable' })
    items.delete('bad_3aa')
    expect((await store.list({ prefix: 'bad:', limit: 1 })).items).toEqual([])
  })

  it.each([
    '',
    'the-token',
    'http://config.example/ecfg_x?token=the-token',
    'https://config.example/ecfg_x',
    'https://config.example?token=the-token',
  ])('refuses the connection string %o, and repeats nothing of it', (text) => {
    expect(() => globalConfig(text)).toThrow(expect.objectContaining({ trouble: 'refused' }))
    expect(() => globalConfig(text)).not.toThrow(/the-token|config\.example/)
  })

  async function status(code: number): Promise<string> {
    const failing = await testServer((_, outgoing) => {
      if (code > 0) outgoing.writeHead(code).end()
    })
    servers.push(failing)
    return failing.url
  }
})
