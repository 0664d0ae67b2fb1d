import { lateOpened, openedAtNeed } from '../lib/late.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Store } from '../model/ports.ts'

/**
 * A store that is still being opened, as one that is there. What is asked meanwhile waits; where it could not be opened,
 * every call fails as the opening did, and one after 5 s opens again.
 */
export function late(open: () => Promise<Store>, now: () => EpochSeconds): Store {
  return asStore(lateOpened(open, now))
}

/** The same, opened when it is first asked. */
export function atNeed(open: () => Promise<Store>, now: () => EpochSeconds): Store {
  return asStore(openedAtNeed(open, now))
}

function asStore(store: () => Maybe<Store>): Store {
  return {
    get: (id) => after(store(), (opened) => opened.get(id)),
    put: async (...given) => (await store()).put(...given),
    delete: async (...given) => (await store()).delete(...given),
    list: async (query) => (await store()).list(query),
  }
}
