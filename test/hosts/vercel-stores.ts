import { upstash as countedInUpstash } from '../../src/limiters/upstash.ts'
import { upstash } from '../../src/stores/upstash.ts'
import { restRedis } from '../stores/redis.ts'
import { NOBODY } from '../stores/server.ts'
import { seed } from './seed.ts'
import type { Vector } from './vector.ts'
import type { RowStore } from './vector-store.ts'

/** A Redis that holds what all rows of the table begin with, as a Vercel project reaches it. */
export interface VercelStores {
  /** What a variable holds that names a store. */
  textOf(is: RowStore['is']): string | undefined
  /** What Upstash's integration sets. */
  readonly variables: Readonly<Record<string, string>>
  stop(): Promise<void>
}

export async function vercelStores(table: readonly Vector[]): Promise<VercelStores> {
  const redis = await restRedis()
  await seed(table, upstash(redis.url, redis.token), countedInUpstash(redis.url, redis.token))
  const texts = { up: 'upstash:', down: `upstash:${NOBODY}`, absent: undefined }
  return {
    textOf: (is) => texts[is],
    variables: { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: redis.token },
    stop: redis.stop,
  }
}
