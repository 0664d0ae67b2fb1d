import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upstash } from '../../src/limiters/upstash.ts'
import type { RestRedis } from '../stores/redis.ts'
import { restRedis } from '../stores/redis.ts'
import type { TestServer } from '../stores/server.ts'
import { NOBODY, testServer } from '../stores/server.ts'
import { limiterContract } from './contract.ts'

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

  limiterContract(async () => ({
    limiter: upstash(redis.url, redis.token),
    other: upstash(redis.url, redis.token),
    faults: {
      down: async () => ({ limiter: upstash(NOBODY, redis.token), mend: async () => undefined }),
      slow: async () => {
        redis.halt()
        return {
          limiter: upstash(redis.url, redis.token, { patienceMilliseconds: 20 }),
          mend: async () => redis.go(),
        }
      },
      busy: async () => {
        const { url } = await answering(400, { error: 'ERR max requests limit exceeded. Limit: 500000.' })
        return { limiter: upstash(url, redis.token), mend: async () => undefined }
      },
    },
    stop: async () => undefined,
  }))

  it('lets Redis forget a counter when its window is over, and a minute later', async () => {
    const startsAt = Math.floor(Date.now() / 1000)
    const quota = { id: 'key:ttl/60s', requests: 9, startsAt, endsAt: startsAt + 60 }
    const limiter = upstash(redis.url, redis.token)
    await limiter.take([quota], startsAt)
    await limiter.take([quota], startsAt)
    const key = `latchkey:counter:key:ttl/60s@${startsAt}`
    expect(await redis.command('EXPIRETIME', key)).toBe(startsAt + 120)
    expect(await redis.command('GET', key)).toBe('2')
  })

  it.each(['http://redis.example', 'redis.example', 'the-token'])(
    'sends its token to no address such as %s, and repeats it to nobody',
    (url) => {
      expect(() => upstash(url, 'the-token')).toThrow(expect.objectContaining({ trouble: 'refused' }))
      expect(() => upstash(url, 'the-token')).not.toThrow(/the-token|redis\.example/)
    },
  )
})
