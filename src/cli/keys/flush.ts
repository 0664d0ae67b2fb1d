import { setTimeout as after } from 'node:timers/promises'
import type { Flush, StageName } from '../aws/flush.ts'
import { Failure } from '../failure.ts'
import { complain, say } from '../terminal.ts'

/** What empties caches, and how long a revoked key is still in the memory of running functions. */
export interface Flushing {
  readonly flush: Flush
  readonly cacheSeconds: number
  /** Waits for so many seconds. */
  readonly wait?: (seconds: number) => Promise<unknown>
}

/** Longer than this nobody waits at a terminal. */
const MOST_WAIT_SECONDS = 60

const wait = (seconds: number) => after(seconds * 1000)

/**
 * Empties the caches of stages once a key is revoked, and once more when no running function has it in memory: what one of
 * them answers until then API Gateway keeps again. Gives the exit code.
 */
export async function flushAfterRevocation(stages: readonly StageName[], flushing: Flushing): Promise<number> {
  const { cacheSeconds } = flushing
  say('the key is revoked')
  const reached = await emptyAll(stages, flushing.flush)
  let emptied = reached
  if (reached.length > 0 && cacheSeconds > 0 && cacheSeconds <= MOST_WAIT_SECONDS) {
    say(`once more in ${cacheSeconds} s, when no running function has the key in memory`)
    await (flushing.wait ?? wait)(cacheSeconds)
    emptied = await emptyAll(reached, flushing.flush)
  }
  if (cacheSeconds > MOST_WAIT_SECONDS) {
    say(`running functions have the key in memory for up to ${cacheSeconds} s (cacheSeconds): flush again after that`)
  }
  say('what remains: open WebSocket connections, for up to 2 h; what AppSync keeps, for its TTL: it has no flush')
  return emptied.length === stages.length ? 0 : 1
}

/** Gives the stages whose caches are empty now. */
async function emptyAll(stages: readonly StageName[], flush: Flush): Promise<StageName[]> {
  const emptied: StageName[] = []
  for (const each of stages) {
    const name = `${each.api}/${each.stage}`
    try {
      await flush(each)
      say(`emptied the authorizer cache of ${name}`)
      emptied.push(each)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      complain(`the key is revoked, and the authorizer cache of ${name} is not emptied: ${error.message}`)
      say('  what it keeps counts on until its TTL is over')
    }
  }
  return emptied
}
