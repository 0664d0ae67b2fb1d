import { inTime } from '../../../src/lib/in-time.ts'

/** How long a reply is held back at most. */
const PATIENCE_MILLISECONDS = 5000
/** What is left of the function's own time for the reply. */
const SPARE_MILLISECONDS = 500

/**
 * Waits for what was to be done behind a reply, as a function is frozen with it: events on their way to webhooks, usage.
 * What takes longer goes on with the next request of the instance, where there is one. Never rejects.
 */
export async function waited(
  works: Promise<unknown>[],
  remainingMilliseconds: number = Number.POSITIVE_INFINITY,
): Promise<void> {
  const milliseconds = Math.min(PATIENCE_MILLISECONDS, remainingMilliseconds - SPARE_MILLISECONDS)
  if (works.length > 0 && milliseconds > 0) await inTime(all(works), milliseconds).catch(() => undefined)
}

/** What is done there may leave more to be done. */
async function all(works: Promise<unknown>[]): Promise<void> {
  while (works.length > 0) await Promise.allSettled(works.splice(0))
}
