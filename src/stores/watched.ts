import { isLater } from '../lib/maybe.ts'
import type { Entry, Store } from '../model/ports.ts'

/** A store whose last reading is known: whether it failed. */
export interface WatchedStore extends Store {
  isFailing(): boolean
}

/** Remembers whether a store answered when it was last read, for `health`, which asks nobody. */
export function watched(store: Store): WatchedStore {
  let failing = false

  function answered(entry: Entry | undefined): Entry | undefined {
    failing = false
    return entry
  }

  function failed(error: unknown): never {
    failing = true
    throw error
  }

  return {
    ...store,
    isFailing: () => failing,
    get(id) {
      try {
        const found = store.get(id)
        return isLater(found) ? found.then(answered, failed) : answered(found)
      } catch (error) {
        return failed(error)
      }
    },
  }
}
