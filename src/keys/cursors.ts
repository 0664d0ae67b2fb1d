import { Unstorable } from '../lib/storable.ts'
import type { Actor } from './actor.ts'
import { decryptCopy, encryptCopy } from './copy.ts'
import type { Desk } from './desk.ts'

/** What becomes of a store's cursors on their way to whoever lists, and back. */
export interface Cursors {
  /** Rejects with an `Unstorable` where it is none that was given. */
  opened(cursor: string): Promise<string>
  given(cursor: string): Promise<string>
}

const PLAIN: Cursors = { opened: async (cursor) => cursor, given: async (cursor) => cursor }

/**
 * A cursor names the key that a page ended at, which may be one that the actor must not see; and whoever could write one
 * would learn by it what lies behind any place. So who sees only some keys is given it encrypted under the pepper.
 */
export function cursorsFor(by: Actor, { peppers, random }: Pick<Desk, 'peppers' | 'random'>): Cursors {
  if (by === 'operator' || (by.surface === 'keys' && by.owner === undefined)) return PLAIN
  return {
    given: (cursor) => encryptCopy(cursor, keyOf(peppers[0]), random),
    async opened(cursor) {
      for (const pepper of peppers) {
        const found = await decryptCopy(cursor, keyOf(pepper))
        if (found !== undefined) return found
      }
      throw new Unstorable('cursor', 'one that an earlier page of the same listing gave')
    },
  }
}

function keyOf({ secret }: Desk['peppers'][number]): string {
  return `latchkey cursor 1\0${secret}`
}
