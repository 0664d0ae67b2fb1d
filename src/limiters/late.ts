import type { Limiter } from '../model/ports.ts'

/** A limiter that is still being opened, as one that is there; where it could not be opened, every call fails so. */
export function late(opening: Promise<Limiter>): Limiter {
  let opened: Limiter | undefined
  const ready = opening.then((limiter) => (opened = limiter))
  // Told to whoever asks, and to nobody else.
  ready.catch(() => undefined)
  return {
    take: (quotas, at) => (opened ? opened.take(quotas, at) : ready.then((limiter) => limiter.take(quotas, at))),
  }
}
