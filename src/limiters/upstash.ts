import { tokenUrl } from '../lib/exchange.ts'
import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import { upstashCaller } from '../lib/upstash-call.ts'
import type { Limiter } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import { counterId, goneAt, takenOf } from './counter.ts'

export interface UpstashOptions {
  readonly patienceMilliseconds?: number
}

/** KEYS: the counters. ARGV: for each how many are allowed, then for each when it is gone. */
const TAKE = `
local used = redis.call('MGET', unpack(KEYS))
local allowed = 1
for place in ipairs(KEYS) do
  used[place] = tonumber(used[place] or 0)
  if used[place] >= tonumber(ARGV[place]) then allowed = 0 end
end
if allowed == 1 then
  for place, key in ipairs(KEYS) do
    used[place] = redis.call('INCR', key)
    if used[place] == 1 then redis.call('EXPIREAT', key, ARGV[#KEYS + place]) end
  end
end
return { allowed, unpack(used) }`

/**
 * Counts in Upstash Redis, over its REST interface.
 *
 * Exactness: exact, as each request is one script, and scripts run at the leader. After a split of the network counts of one side
 * may be lost. Eviction must be off: an evicted counter begins at 0.
 * Cost: a round trip and one script for each request, which some plans count as 1 command and 1 more for each quota, 2 where its
 * window begins.
 */
export function upstash(url: string, token: string, options: UpstashOptions = {}): Limiter {
  const { patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const address = tokenUrl(url)
  if (!address) throw new StoreError('upstash', 'refused', 'its URL begins with https://')
  const call = upstashCaller(address.href, token, patienceMilliseconds)

  return {
    async take(quotas) {
      const keys = quotas.map((quota) => `latchkey:counter:${counterId(quota)}`)
      const values = [...quotas.map(({ requests }) => requests), ...quotas.map(goneAt)]
      const answer = await call('EVAL', TAKE, keys.length, ...keys, ...values).catch((error: unknown) => {
        throw unanswered('upstash', error)
      })
      if ('trouble' in answer) throw new StoreError('upstash', ...answer.trouble)
      const [allowed, ...used] = answer.result as readonly number[]
      return takenOf(quotas, allowed === 1, used)
    },
  }
}
