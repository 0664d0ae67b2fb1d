import type { DurableObjectNamespace, DurableObjectState } from '../../src/limiters/cloudflare-durable-object.ts'
import { cloudflareDurableObject, LatchkeyCounters } from '../../src/limiters/cloudflare-durable-object.ts'
import type { RateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import { cloudflareRateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import type { Quota } from '../../src/model/ports.ts'

interface Env {
  readonly COUNTERS: DurableObjectNamespace
  readonly LIMIT: RateLimit
}

/** The class itself, which on GET tells what it holds. */
export class Watched extends LatchkeyCounters {
  readonly #storage: DurableObjectState['storage']

  constructor(state: DurableObjectState) {
    super(state)
    this.#storage = state.storage
  }

  override async fetch(request: Request): Promise<Response> {
    if (request.method !== 'GET') return super.fetch(request)
    const tables = this.#storage.sql.exec("SELECT name FROM sqlite_schema WHERE name LIKE 'counters%'").toArray()
    return Response.json({ tables: tables.length, alarm: await this.#storage.getAlarm() })
  }
}

/** Counts what it is asked to: by an object, or by the binding where the path says so. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { quotas, at } = (await request.json()) as { quotas: readonly Quota[]; at: number }
    const limiter = request.url.endsWith('/limit')
      ? cloudflareRateLimit({ binding: env.LIMIT, requests: 5, periodSeconds: 60 })
      : cloudflareDurableObject(env.COUNTERS)
    return Response.json(await limiter.take(quotas, at))
  },
}
