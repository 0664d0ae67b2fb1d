import { inTime, PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { Limiter, Quota } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'

const STORE = 'cloudflare-rate-limit'

/** What is used of a Worker's rate limit binding. */
export interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

export interface CloudflareRateLimitOptions {
  readonly binding: RateLimit
  /** As the binding's own `simple.limit` and `simple.period`: a Worker cannot read them there. */
  readonly requests: number
  readonly periodSeconds: 10 | 60
  readonly patienceMilliseconds?: number
}

/**
 * Counts by a Worker's rate limit binding.
 *
 * Exactness: each of Cloudflare's locations counts for itself, and each machine there learns of the others' counts late:
 * more requests may pass than the limit says. It tells no remainder.
 * Limits: one limit at a time, and only that of the binding; any other one fails as `refused`.
 * Cost: no request of its own; some microseconds.
 */
export function cloudflareRateLimit(options: CloudflareRateLimitOptions): Limiter {
  const { binding, requests, periodSeconds, patienceMilliseconds = PATIENCE_MILLISECONDS } = options

  function isKept({ requests: most, startsAt, endsAt }: Quota): boolean {
    return most === requests && endsAt - startsAt === periodSeconds
  }

  return {
    async take([quota, ...more]) {
      if (!quota || more.length > 0 || !isKept(quota)) {
        throw new StoreError(STORE, 'refused', `keeps one limit, of ${requests} requests in ${periodSeconds} seconds`)
      }
      try {
        const { success } = await inTime(binding.limit({ key: quota.id }), patienceMilliseconds)
        return { allowed: success }
      } catch (error) {
        throw unanswered(STORE, error)
      }
    },
  }
}
