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

/** A name that is a key's from now on. */
export interface Reserved extends Written {
  /** Whether the key had it before: then another change of the key may rest on it, and only its time ends it. */
  readonly isOlder: boolean
}

/** Keeps names unique, whatever states their keys are in. */
export interface Names {
  /** Reserves a name for a key, or tells who has it. What the key itself has reserved is its own, and begins anew. */
  reserve(name: string, id: string, at: EpochSeconds): Promise<Reserved | Taken>
  /** The reservation of a name, where it is the key's. */
  held(name: string, id: string): Promise<Written | undefined>
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
      if (written !== 'conflict') return { ...written, isOlder: false }
      const entry = await store.get(place)
      if (!entry) return { holder: '' }
      const [holder = '', since] = entry.value.split(' ')
      const isOlder = holder === id
      if (!isOlder && (at < Number(since) + RESERVATION_SECONDS || (await bears(holder, name)))) return { holder }
      const over = await store.put(place, value, { ifVersion: entry.version })
      return over === 'conflict' ? { holder: '' } : { ...over, isOlder }
    },

    held,

    async release(name, id, reserved) {
      const entry = reserved ?? (await held(name, id))
      if (entry) await store.delete(placeOf(name), { ifVersion: entry.version })
    },
  }

  async function held(name: string, id: string): Promise<Written | undefined> {
    const entry = await store.get(placeOf(name))
    return entry?.value.startsWith(`${id} `) ? entry : undefined
  }
}

/** Ids are visible ASCII, names are what people write. */
function placeOf(name: string): string {
  return NAME_PREFIX + encodeVisible(name)
}
