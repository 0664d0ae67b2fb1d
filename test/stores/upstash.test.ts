import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upstash } from '../../src/stores/upstash.ts'
import { clockFromNow, storeContract } from './contract.ts'
import type { RestRedis } from './redis.ts'
import { restRedis } from './redis.ts'
import type { TestServer } from './server.ts'
import { NOBODY, testServer } from './server.ts'

const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))

/** Upstash's own client, which tells whether the stand-in speaks as Upstash does. */
interface Client {
  set(key: string, value: string): Promise<unknown>
  get(key: string): Promise<unknown>
  eval(script: string, keys: readonly string[], values: readonly string[]): Promise<unknown>
}
const { Redis } = require('@upstash/redis') as { Redis: new (options: object) => Client }

const servers: TestServer[] = []

async function answering(status: number, body: object): Promise<TestServer> {
  const server = await testServer((_, outgoing) => outgoing.writeHead(status).end(JSON.stringify(body)))
  servers.push(server)
  return server
}

describe('upstash', () => {
  let redis: RestRedis

  beforeAll(async () => {
    redis = await restRedis()
  })
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await redis?.stop()
  })

  storeContract(async () => {
    const clock = clockFromNow()
    const now = () => clock.at
    const store = upstash(redis.url, redis.token, { now })
    return {
      store,
      other: upstash(redis.url, redis.token, { now }),
      clock,
      faults: {
        down: async () => ({ store: upstash(NOBODY, redis.token, { now }), mend: async () => undefined }),
        slow: async () => {
          redis.halt()
          return {
            store: upstash(redis.url, redis.token, { now, patienceMilliseconds: 20 }),
            mend: async () => redis.go(),
          }
        },
        busy: async () => {
          const { url } = await answering(400, {
            error: 'ERR max requests limit exceeded. Limit: 500000, Usage: 500000.',
          })
          return { store: upstash(url, redis.token, { now }), mend: async () => undefined }
        },
        full: async () => {
          await redis.command('CONFIG', 'SET', 'maxmemory', '8mb')
          return { store, mend: async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', '0')) }
        },
      },
      stop: async () => undefined,
    }
  })

  it('is asked by Upstash’s own client as by the store', async () => {
    const client = new Redis({
      url: redis.url,
      token: redis.token,
      automaticDeserialization: false,
      enableAutoPipelining: false,
    })
    await client.set('greeting', 'grüß dich 🔑')
    expect(await client.get('greeting')).toBe('grüß dich 🔑')
    expect(await client.eval('return redis.call("STRLEN", KEYS[1])', ['greeting'], [])).toBe(16)
    const refused = new Redis({ url: redis.url, token: 'another', retry: false, enableAutoPipelining: false })
    await expect(refused.get('greeting')).rejects.toThrow('Unauthorized')
  })

  it.each([
    [401, 'WRONGPASS invalid or missing auth token', 'refused'],
    [401, 'Unauthorized', 'refused'],
    [400, 'NOPERM this user has no permissions to run the command', 'read-only'],
    [400, 'ERR DB capacity quota exceeded', 'full'],
    [400, 'ERR max single record size exceeded. Limit: 100000000 bytes', 'full'],
    [400, 'ERR max daily request limit exceeded', 'busy'],
    [400, 'ERR max concurrent connections exceeded', 'busy'],
    [400, 'WRONGTYPE Operation against a key holding the wrong kind of value', 'unreadable'],
    [429, 'slow down', 'busy'],
    [502, 'bad gateway', 'down'],
  ])('takes %i %s for %s', async (status, error, trouble) => {
    const store = upstash((await answering(status, { error })).url, 'the-token')
    await expect(store.put('key:a', 'value')).rejects.toMatchObject({ trouble })
  })

  it('follows no redirect', async () => {
    const asked: string[] = []
    const other = await testServer((incoming, outgoing) => {
      asked.push(String(incoming.headers.authorization))
      outgoing.end('{"result":null}')
    })
    const first = await testServer((_, outgoing) => outgoing.writeHead(307, { Location: other.url }).end())
    servers.push(other, first)
    await expect(async () => upstash(first.url, 'the-token').get('key:a')).rejects.toMatchObject({ trouble: 'down' })
    expect(asked).toEqual([])
  })

  it('sees what it wrote itself: it sends back the token of the last answer', async () => {
    const sent: unknown[] = []
    let answers = 0
    const server = await testServer((incoming, outgoing) => {
      sent.push(incoming.headers['upstash-sync-token'])
      outgoing.writeHead(200, { 'upstash-sync-token': `state ${++answers}` }).end('{"result":null}')
    })
    servers.push(server)
    const store = upstash(server.url, 'the-token')
    for (let n = 0; n < 3; n++) await store.get('key:a')
    expect(sent).toEqual([undefined, 'state 1', 'state 2'])
  })

  it.each(['http://redis.example', 'ftp://redis.example', 'redis.example', 'the-token'])(
    'sends its token to no address such as %s, and repeats it to nobody',
    (url) => {
      expect(() => upstash(url, 'the-token')).toThrow(expect.objectContaining({ trouble: 'refused' }))
      expect(() => upstash(url, 'the-token')).not.toThrow(/the-token|redis\.example/)
    },
  )

  it('leaves nothing behind of an entry whose time is over, or that was deleted', async () => {
    const clock = clockFromNow()
    await redis.command('FLUSHALL')
    const store = upstash(redis.url, redis.token, { now: () => clock.at })
    const index = { name: 'a', expires: 5 }
    for (let n = 0; n < 5; n++) await store.put(`usage:${n}`, '', { index, expiresAt: clock.at + 10 })
    await store.put('usage:kept', '', { index })
    await store.delete('usage:0')
    clock.at += 10
    await store.put('usage:new', '', { index, expiresAt: clock.at + 10 })
    const sizes = await Promise.all([
      redis.command('ZCARD', 'latchkey:by-id'),
      redis.command('ZCARD', 'latchkey:by-name'),
      redis.command('ZCARD', 'latchkey:by-expires'),
      redis.command('HLEN', 'latchkey:places'),
      redis.command('ZCARD', 'latchkey:by-gone'),
    ])
    expect(sizes).toEqual([2, 2, 2, 2, 1])
    expect(await redis.command('EXPIRETIME', 'latchkey:entry:usage:new')).toBe(clock.at + 10)
  })
})
