import type { Unchanged } from './asked.ts'
import { beyondActor } from './bounds.ts'
import type { Request } from './change.ts'
import { asked } from './change.ts'
import { decryptCopy } from './copy.ts'
import type { Desk } from './desk.ts'
import { parseKey } from './format.ts'
import type { KeyRecord } from './record.ts'

/** Shows a key's token again, where a viewable copy is kept and can be decrypted. It is told before it is shown. */
export async function reveal(desk: Desk, request: Request): Promise<{ readonly token: string } | Unchanged> {
  const current = await asked(desk, request)
  if ('problem' in current) return current
  const { record } = current
  const problem = beyondActor(request.by, record)
  if (problem) return problem
  if (record.state === 'revoked') return { problem: 'revoked' }
  const token = await tokenOf(record, desk.encryptionKey)
  if (token === undefined) return { problem: 'not-viewable' }
  await desk.tell('key-revealed', record, request.by, request.at)
  return { token }
}

async function tokenOf(
  { id, copy, secret }: KeyRecord,
  encryptionKey: string | undefined,
): Promise<string | undefined> {
  if (copy === undefined || encryptionKey === undefined) return undefined
  const token = await decryptCopy(copy, encryptionKey)
  if (token === undefined) return undefined
  // The copy of another record would tell another key's token.
  return secret.scheme !== undefined || parseKey(token)?.id === id ? token : undefined
}
