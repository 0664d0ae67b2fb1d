import { ensureProgram } from './ensure-program.ts'

/**
 * Redis itself, which the tests of the Upstash store need: from Debian's package where it is not there. Run by those tests,
 * or by hand: `node scripts/ensure-redis.ts`.
 */
export function ensureRedis(): string {
  const neededBy = 'the tests of the Upstash store'
  return ensureProgram({ name: 'redis-server', versionFlag: '--version', package: 'redis-server', neededBy })
}

if (import.meta.main) console.log(ensureRedis())
