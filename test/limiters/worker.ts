import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { DurableObjectNamespace } from '../../src/limiters/cloudflare-durable-object.ts'
import type { RateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import type { Quota, Taken } from '../../src/model/ports.ts'
import { bundle, COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'

interface Bindings extends Record<string, unknown> {
  readonly COUNTERS: DurableObjectNamespace
  /** 5 requests in 60 seconds. */
  readonly LIMIT: RateLimit
}

/** A Worker with a class of Durable Objects and a rate limit binding, as workerd itself runs them. */
export interface LimitedWorker {
  readonly bindings: Bindings
  /** Counts inside of the Worker. */
  take(by: 'object' | 'limit', quotas: readonly Quota[], at: number): Promise<Taken>
  /** How many tables and indexes an object holds, and when its alarm is, in milliseconds. */
  heldBy(name: string): Promise<{ readonly tables: number; readonly alarm: number | null }>
  stop(): Promise<void>
}

export async function limitedWorker(): Promise<LimitedWorker> {
  const modules = await bundle(new URL('worker-entry.ts', import.meta.url))
  const platform = new Miniflare(
    convertV4MiniflareOptions({
      port: 0,
      compatibilityDate: COMPATIBILITY_DATE,
      modules: modules.map(({ name, text }) => ({ type: 'ESModule' as const, path: name, contents: text })),
      durableObjects: { COUNTERS: { className: 'Watched', useSQLite: true } },
      ratelimits: { LIMIT: { namespace_id: '1001', simple: { limit: 5, period: 60 } } },
    }),
  )
  const url = await platform.ready
  const bindings = await platform.getBindings<Bindings>()
  return {
    bindings,
    async take(by, quotas, at) {
      const answer = await fetch(new URL(by, url), { method: 'POST', body: JSON.stringify({ quotas, at }) })
      return (await answer.json()) as Taken
    },
    async heldBy(name) {
      const object = bindings.COUNTERS.get(bindings.COUNTERS.idFromName(name))
      const answer = await object.fetch('https://counters/', { method: 'GET' })
      return (await answer.json()) as { tables: number; alarm: number | null }
    },
    stop: () => platform.dispose(),
  }
}
