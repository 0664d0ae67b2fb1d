import { sqlite } from '../../src/limiters/sqlite.ts'

/** Asks 1,000 times for one quota of 1,000, as other processes do at the same time, and tells how often it was allowed. */
const limiter = sqlite(process.argv[2] as string)
const quotas = [{ id: 'key:shared/60s', requests: 1000, startsAt: 0, endsAt: 60 }]
let allowed = 0
for (let n = 0; n < 1000; n++) if (limiter.take(quotas, 0).allowed) allowed++
limiter.close()
process.stdout.write(String(allowed))
