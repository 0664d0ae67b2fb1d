import type { Maybe } from './maybe.ts'

/** An opening that failed is spared for so long. */
const RETRY_SECONDS = 5

/**
 * Opens at once, and gives what is open. Where that failed, every call fails as the opening did; the first one after 5 s
 * opens again. The time is in seconds.
 */
export function lateOpened<T>(open: () => Promise<T>, now: () => number): () => Maybe<T> {
  const opened = openedAtNeed(open, now)
  // What fails is told to whoever asks.
  void opened()
  return opened
}

/** The same, opened by the first call. */
export function openedAtNeed<T>(open: () => Promise<T>, now: () => number): () => Maybe<T> {
  let opened: { readonly value: T } | undefined
  let failedAt: number | undefined
  let opening: Promise<T> | undefined

  function start(): Promise<T> {
    failedAt = undefined
    const started = open()
    started.then(
      (value) => {
        opened = { value }
      },
      // Told to whoever asks, and to nobody else.
      () => {
        failedAt = now()
      },
    )
    return started
  }

  return () => {
    if (opened) return opened.value
    // A clock may be set back.
    if (failedAt !== undefined && Math.abs(now() - failedAt) >= RETRY_SECONDS) opening = undefined
    return (opening ??= start())
  }
}
