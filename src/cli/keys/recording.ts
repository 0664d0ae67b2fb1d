import type { Row } from '../../lib/storable.ts'
import { rowOf } from '../../lib/storable.ts'
import type { Store } from '../../model/ports.ts'
import { memory } from '../../stores/memory.ts'

/** A store of this process that tells what it was made to hold. */
export interface Recording extends Store {
  /** In the order in which they were first written. */
  rows(): readonly Row[]
}

/** Records what is written, for a store that only its vendor's own tool reaches. */
export function recording(): Recording {
  const store = memory()
  const rows = new Map<string, Row>()
  return {
    ...store,
    async put(id, value, options = {}) {
      const written = await store.put(id, value, options)
      if (written !== 'conflict') rows.set(id, { ...rowOf(id, value, options), version: written.version })
      return written
    },
    async delete(id, options) {
      const result = await store.delete(id, options)
      if (result === 'deleted') rows.delete(id)
      return result
    },
    rows: () => [...rows.values()],
  }
}
