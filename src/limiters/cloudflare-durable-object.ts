import { inTime, PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import { countedIn } from '../lib/quota.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Limiter, Quota, Taken } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'
import { goneAt } from './counter.ts'
import type { Counted } from './sql.ts'
import { listOf, SWEEP, sweptAt, TAKE, takenOfRows, USED } from './sql.ts'

const STORE = 'cloudflare-durable-object'

/** What is used of a Durable Object namespace. */
export interface DurableObjectNamespace<Id = unknown> {
  idFromName(name: string): Id
  get(id: Id): { fetch(url: string, init: { method: string; body?: string }): Promise<Answer> }
}

interface Answer {
  readonly ok: boolean
  readonly status: number
  json(): Promise<unknown>
}

export interface CloudflareDurableObjectOptions {
  readonly patienceMilliseconds?: number
}

/**
 * Counts in Durable Objects of the class `LatchkeyCounters`, which the Worker exports and binds.
 *
 * The quotas of a request are counted in one object, named after what its first quota counts. So whoever counts for several
 * (an owner) must come first: its object then holds the counters of all of them.
 *
 * Exactness: exact everywhere. A subject that has several such owners is counted under each for itself.
 * Limits: about 1,000 requests a second for each object, else `busy`.
 * Cost: one request to the object, which lives where it was first asked for; 1 row written for each quota, 1 more where its window
 * begins, 2 at most when that is taken back, and 1 for the alarm.
 */
export function cloudflareDurableObject<Id>(
  namespace: DurableObjectNamespace<Id>,
  { patienceMilliseconds = PATIENCE_MILLISECONDS }: CloudflareDurableObjectOptions = {},
): Limiter {
  async function asked(quotas: readonly Quota[], at: EpochSeconds): Promise<Taken> {
    const object = namespace.get(namespace.idFromName(countedIn(quotas[0]?.id ?? '')))
    // The host is nobody's: a Durable Object is asked by its stub alone.
    const answer = await object.fetch('https://counters/', { method: 'POST', body: JSON.stringify({ quotas, at }) })
    if (!answer.ok) throw new StoreError(STORE, 'down', `status ${answer.status}`)
    return (await answer.json()) as Taken
  }

  return {
    take: (quotas, at) =>
      inTime(asked(quotas, at), patienceMilliseconds).catch((error: unknown) => {
        throw isOverloaded(error)
          ? new StoreError(STORE, 'busy', 'too many requests at once')
          : unanswered(STORE, error)
      }),
  }
}

/** https://developers.cloudflare.com/durable-objects/best-practices/error-handling/ */
function isOverloaded(error: unknown): boolean {
  return error instanceof Error && 'overloaded' in error && error.overloaded === true
}

/** What is used of a Durable Object's state. */
export interface DurableObjectState {
  readonly storage: {
    readonly sql: { exec(sql: string, ...values: (string | number)[]): { toArray(): unknown[] } }
    getAlarm(): Promise<number | null>
    setAlarm(milliseconds: number): Promise<void>
    deleteAll(): Promise<void>
  }
}

const TABLE = `
CREATE TABLE IF NOT EXISTS counters (
  id TEXT NOT NULL PRIMARY KEY, used INTEGER NOT NULL, gone INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counters_by_gone ON counters (gone);`

/**
 * Holds the counters of one subject or owner. The Worker's entry exports it, and its configuration binds it as a class with
 * SQLite storage (`new_sqlite_classes`). When the last window is over, an alarm removes all that it holds.
 */
export class LatchkeyCounters {
  readonly #storage: DurableObjectState['storage']
  /** The table is there, and so is an alarm. */
  #isReady = false

  constructor({ storage }: DurableObjectState) {
    this.#storage = storage
  }

  async fetch(request: Request): Promise<Response> {
    const { quotas, at } = (await request.json()) as { quotas: readonly Quota[]; at: EpochSeconds }
    if (!this.#isReady) this.#storage.sql.exec(TABLE)
    const taken = this.#take(quotas, at)
    if (!this.#isReady) {
      this.#isReady = true
      if ((await this.#storage.getAlarm()) === null)
        await this.#storage.setAlarm(Math.max(...quotas.map(goneAt)) * 1000)
    }
    return Response.json(taken)
  }

  #take(quotas: readonly Quota[], at: EpochSeconds): Taken {
    const { sql } = this.#storage
    const list = listOf(quotas)
    const counted = sql.exec(TAKE, list).toArray() as Counted[]
    if (counted.length < quotas.length) return takenOfRows(quotas, false, sql.exec(USED, list).toArray() as Counted[])
    if (counted.some(({ used }) => used === 1)) sql.exec(SWEEP, sweptAt(at))
    return takenOfRows(quotas, true, counted)
  }

  async alarm(): Promise<void> {
    const [{ last }] = this.#storage.sql.exec('SELECT max(gone) AS last FROM counters').toArray() as [{ last: number }]
    this.#isReady = false
    if (last * 1000 > Date.now()) await this.#storage.setAlarm(last * 1000)
    else await this.#storage.deleteAll()
  }
}
