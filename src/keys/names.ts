import { encodeVisible } from '../lib/percent.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Store, Written } from '../model/ports.ts'

/** Where a name is reserved. */
export const NAME_PREFIX = 'name:'
/** Far longer than any writer takes from a name to its record. */
const RESERVATION_SECONDS = 60

/** Whose a name is by now; an empty holder: nobody can tell. */
export interface Taken {
  readonly holder: string
}

/** Keeps names unique, whatever states their keys are in. */
export interface Names {
  /** Reserves a name for a key, or tells who has it. What the key itself has reserved is its own. */
  reserve(name: string, id: string, at: EpochSeconds): Promise<Written | Taken>
  /** Gives a name back, unless somebody else holds it by now. With a version: only what was reserved by that writing. */
  release(name: string, id: string, reserved?: Written): Promise<void>
}

/**
 * Names are reserved before the record that bears one is written, so that no transaction over two entries is needed. A
 * reservation that no record has followed for a while holds nothing: its writer has died between the two. `bears` tells
 * whether a key has a name; a record that cannot be read has it.
 */
export function names(store: Store, bears: (id: string, name: string) => Promise<boolean>): Names {
  return {
    async reserve(name, id, at) {
      const place = placeOf(name)
      const value = `${id} ${Math.floor(at)}`
      const written = await store.put(place, value, { ifVersion: null })
      if (written !== 'conflict') return written
      const entry = await store.get(place)
      if (!entry) return { holder: '' }
      const [holder = '', since] = entry.value.split(' ')
      if (holder === id) return { version: entry.version }
      if (at < Number(since) + RESERVATION_SECONDS || (await bears(holder, name))) return { holder }
      const over = await store.put(place, value, { ifVersion: entry.version })
      return over === 'conflict' ? { holder: '' } : over
    },

    async release(name, id, reserved) {
      const place = placeOf(name)
      const entry = reserved ?? (await store.get(place))
      if (!entry || ('value' in entry && !String(entry.value).startsWith(`${id} `))) return
      await store.delete(place, { ifVersion: entry.version })
    },
  }
}

/** Ids are visible ASCII, names are what people write. */
function placeOf(name: string): string {
  return NAME_PREFIX + encodeVisible(name)
}
