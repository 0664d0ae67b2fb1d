import type { Unchanged } from './asked.ts'
import type { Request } from './change.ts'
import { asked } from './change.ts'
import type { Desk } from './desk.ts'
import { KEY_PREFIX, tried } from './desk.ts'
import { untie } from './take-over.ts'

/** Takes a key's record away, and then what leads to it: from its hash, where it was imported, and its name. */
export async function remove(desk: Desk, request: Request): Promise<'removed' | Unchanged> {
  const current = await asked(desk, request)
  if ('problem' in current) return current
  const { record, version } = current
  const deleted = await desk.store.delete(KEY_PREFIX + record.id, { ifVersion: version })
  if (deleted === 'conflict') return { problem: 'conflict' }
  // What stays behind leads nowhere, and gives way to the next who needs it.
  await tried(() => untie(desk, record))
  await tried(() => desk.names.release(record.name, record.id))
  await desk.tell('key-deleted', record, request.by, request.at)
  return 'removed'
}
