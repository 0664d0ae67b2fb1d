import type { Settings } from '../../src/config.ts'
import { cloudflareD1 } from '../../src/limiters/cloudflare-d1.ts'
import type { DurableObjectNamespace } from '../../src/limiters/cloudflare-durable-object.ts'
import { cloudflareDurableObject } from '../../src/limiters/cloudflare-durable-object.ts'
import type { RateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import { cloudflareRateLimit } from '../../src/limiters/cloudflare-rate-limit.ts'
import { limitPolicy } from '../../src/limits.ts'
import type { Limiter } from '../../src/model/ports.ts'
import type { Limit } from '../../src/model/principal.ts'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import type { WorkerPart } from './parts.ts'
import { has, isD1 } from './parts.ts'

/**
 * Counts requests in whatever the document's `limiter` binds, or else its `store`: D1, a Durable Object of the class
 * `LatchkeyCounters`, or a rate limit binding.
 */
export const limits: WorkerPart = (bindings) => ({
  limits(settings) {
    const { limiter, store } = settings.document
    return limitPolicy(settings, limiterOf(bindings[(limiter ?? store)?.binding ?? ''], settings))
  },
})

function limiterOf(binding: unknown, settings: Settings): Limiter | undefined {
  if (isD1(binding)) return cloudflareD1(binding as D1Database)
  if (has(binding, 'idFromName')) return cloudflareDurableObject(binding as DurableObjectNamespace)
  const limit = onlyLimitOf(settings)
  if (!has(binding, 'limit') || (limit?.windowSeconds !== 10 && limit?.windowSeconds !== 60)) return undefined
  const { requests, windowSeconds } = limit
  return cloudflareRateLimit({ binding: binding as RateLimit, requests, periodSeconds: windowSeconds })
}

/** A rate limit binding keeps one limit: the document's only one. A Worker cannot read what the binding says. */
function onlyLimitOf({ document: { credentials, owners = {} } }: Settings): Limit | undefined {
  const all = [...credentials, ...Object.values(owners)].flatMap(({ limits = [] }) => limits)
  return all.length === 1 ? all[0] : undefined
}
