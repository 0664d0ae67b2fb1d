import type { Limit } from '../model/principal.ts'

/** What requests can be counted in. Workers KV and Global Config are none: neither counts. */
export type LimiterKind =
  | 'memory'
  | 'sqlite'
  | 'cloudflare-d1'
  | 'cloudflare-durable-object'
  | 'cloudflare-rate-limit'
  | 'dynamodb'
  | 'upstash'

/** What is known of a Worker's rate limit binding, which keeps one limit and no other. */
export interface RateLimitFacts {
  readonly requests?: number | undefined
  readonly periodSeconds?: number | undefined
}

/** What a kind of limiter can do, known before anything runs. */
export interface LimiterTraits {
  /** Who is counted together: what one process, one machine or one location sees, or all requests. */
  readonly reach: 'process' | 'machine' | 'location' | 'everywhere'
  /** Whether it can tell how many requests are left. */
  readonly tellsRemaining: boolean
  /** Against how many limits one request can be counted. */
  readonly mostAtOnce: number
  /** Why it cannot keep a limit; undefined: it can. */
  whyNot(limit: Limit, facts?: RateLimitFacts): string | undefined
}

const EXACT: LimiterTraits = {
  reach: 'everywhere',
  tellsRemaining: true,
  mostAtOnce: Number.POSITIVE_INFINITY,
  whyNot: () => undefined,
}

/** Longer than this a process is not counted on to run. */
const MOST_SECONDS_IN_MEMORY = 3600

export const LIMITER_KINDS: Readonly<Record<LimiterKind, LimiterTraits>> = {
  memory: {
    ...EXACT,
    reach: 'process',
    whyNot: ({ windowSeconds = 0, per }) =>
      windowSeconds > MOST_SECONDS_IN_MEMORY || per === 'day' || per === 'month'
        ? 'a count in memory ends with its process, so no window may be longer than an hour: name a store, or a limiter'
        : undefined,
  },
  sqlite: { ...EXACT, reach: 'machine' },
  'cloudflare-d1': EXACT,
  'cloudflare-durable-object': EXACT,
  'cloudflare-rate-limit': { reach: 'location', tellsRemaining: false, mostAtOnce: 1, whyNot: whyNotByBinding },
  dynamodb: EXACT,
  upstash: EXACT,
}

const PERIODS: readonly (number | undefined)[] = [10, 60]

function whyNotByBinding({ requests, windowSeconds }: Limit, facts: RateLimitFacts = {}): string | undefined {
  const { requests: most = requests, periodSeconds = windowSeconds } = facts
  if (!PERIODS.includes(windowSeconds)) return 'a rate limit binding counts for 10 or 60 seconds, and for no other span'
  if (requests === most && windowSeconds === periodSeconds) return undefined
  return `the rate limit binding keeps ${most} requests in ${periodSeconds} seconds, and nothing else`
}

/** Whether requests can be counted in what a text names: the kind of a store, or of a limiter. */
export function isLimiterKind(kind: string): kind is LimiterKind {
  return Object.hasOwn(LIMITER_KINDS, kind)
}
