import type { Marks } from './keys/marks.ts'
import { singleMarks } from './keys/marks.ts'
import { encodeVisible } from './lib/percent.ts'
import { timestamps } from './lib/time.ts'
import type { GatewayTokenEvent } from './model/event.ts'
import type { Recorder, Sink, Store } from './model/ports.ts'

/** What tells of gateway tokens. */
export interface GatewayRecorderParts {
  /** The credential's configured name. */
  readonly credential: string
  readonly sink: Sink
  /** Remembers for all processes what was told; without one each tells it once. */
  readonly store: Store | undefined
}

const DAY_SECONDS = 86_400
/** Azure API Management tells it a week ahead, too. */
const NEAR_SECONDS = 7 * DAY_SECONDS
/** For so long it is remembered that a token was used after its end. */
const LIFE_SECONDS = 400 * DAY_SECONDS
const MOST_TOLD = 10_000

/**
 * Tells that a gateway's token is used in the last seven days of its life, or after its end: each once for a gateway and an
 * end, by the store where there is one. Off the request's path; a store that fails leaves it told once more.
 */
export function gatewayRecorder({ credential, sink, store }: GatewayRecorderParts): Recorder {
  const marks = store && singleMarks(store)
  const timeOf = timestamps()
  const told = new Set<string>()
  const pending = new Set<Promise<void>>()

  function isNew(mark: string): boolean {
    if (told.has(mark)) return false
    if (told.size >= MOST_TOLD) told.clear()
    told.add(mark)
    return true
  }

  return {
    record({ principal }, { at }, defer) {
      if (principal === undefined || principal === 'anonymous' || principal.credential !== credential) return
      const { subject, slot = 0, expiresAt } = principal
      if (expiresAt === undefined || at < expiresAt - NEAR_SECONDS) return
      const type = at < expiresAt ? 'gateway-token-near-expiry' : 'gateway-token-expired'
      const mark = `${type}:${encodeVisible(credential)}:${subject}:${Math.floor(expiresAt)}`
      if (!isNew(mark)) return
      const [time, until] = [timeOf(at), timeOf(expiresAt)]
      const event: GatewayTokenEvent = { type, time, name: credential, gatewayId: subject, slot, until }
      if (!marks) return sink.write(event, defer)
      const work = isFirst(marks, mark, Math.max(at, expiresAt) + LIFE_SECONDS)
        .then((first) => (first ? sink.write(event, defer) : undefined))
        .finally(() => pending.delete(work))
      pending.add(work)
      defer(work)
    },
    async flush() {
      await Promise.all(pending)
    },
  }
}

/** Better told twice than never. */
function isFirst(marks: Marks, mark: string, until: number): Promise<boolean> {
  return marks.isFirst(mark, until).catch(() => true)
}
