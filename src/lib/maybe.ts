/**
 * A value that is there now, or later. Sources that are synchronous (`node:crypto`, an environment) must not pay for
 * those that are not: every needless `await` costs a tenth of a decision.
 */
export type Maybe<T> = T | Promise<T>

/** Whether the value is still to come. */
export function isLater<T>(value: Maybe<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** Goes on with `next`: at once when the value is there, after it otherwise. */
export function after<T, R>(value: Maybe<T>, next: (value: T) => Maybe<R>): Maybe<R> {
  return isLater(value) ? value.then(next) : next(value)
}

/** Maps a list in order; one promise for all when any result is still to come. */
export function mapMaybe<T, R>(items: readonly T[], map: (item: T) => Maybe<R>): Maybe<R[]> {
  const results = items.map(map)
  return results.some(isLater) ? Promise.all(results) : (results as R[])
}
