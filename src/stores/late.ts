import type { Maybe } from '../lib/maybe.ts'
import { isLater } from '../lib/maybe.ts'
import type { Store } from '../model/ports.ts'

/**
 * A store that is still being opened, as one that is there. What is asked meanwhile waits; where it could not be opened,
 * every call fails as the opening did.
 */
export function late(opening: Promise<Store>): Store {
  let opened: Store | undefined
  const ready = opening.then((store) => (opened = store))
  // Told to whoever asks, and to nobody else.
  ready.catch(() => undefined)

  function on<T>(work: (store: Store) => Maybe<T>): Maybe<T> {
    return opened ? work(opened) : ready.then(work)
  }

  return {
    get: (id) => on((store) => store.get(id)),
    put: async (...given) => on((store) => store.put(...given)),
    delete: async (...given) => on((store) => store.delete(...given)),
    list: async (query) => on((store) => store.list(query)),
  }
}

/** A store that may still be being opened. */
export function atHand(opening: Maybe<Store>): Store {
  return isLater(opening) ? late(opening) : opening
}
