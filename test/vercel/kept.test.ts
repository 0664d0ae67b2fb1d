import { afterAll, beforeAll, expect, it } from 'vitest'
import { restRedis } from '../stores/redis.ts'
import type { NextServer } from './next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from './next-server.ts'
import { refusalOf, sendTo, statusOf } from './wire.ts'

const APP = 'e2e/next/kept'
const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'

let redis: Awaited<ReturnType<typeof restRedis>>
let server: NextServer

beforeAll(async () => {
  redis = await restRedis()
  const variables = { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token }
  await buildNext(APP)
  server = await startNext(APP, { API_TOKEN: TOKEN, COUNTS: 'upstash:', ...variables })
}, BUILD_TIMEOUT)

afterAll(async () => {
  await server?.stop()
  await redis?.stop()
})

it('asks its store each time, though Next keeps what the handler fetches', async () => {
  const ask = () => sendTo(server, '/api/orders', { headers: [['Authorization', `Bearer ${TOKEN}`]] })
  expect([statusOf(await ask()), statusOf(await ask())]).toEqual([200, 200])
  expect(refusalOf(await ask())).toEqual([429, 'limit-exceeded'])
})
