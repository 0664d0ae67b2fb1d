import type { Document } from '../../src/document.ts'
import type { Gate, Outcome } from '../../src/http/gate.ts'
import { gate } from '../../src/http/gate.ts'
import type { Access } from '../../src/model/access.ts'
import type { Host } from '../../src/model/ports.ts'
import type { Reply } from '../../src/respond.ts'
import { authorityOf, DOCUMENT, hostOf } from './authority.ts'

/** The inline gate of a document whose secrets are `TOKENS`. */
export function gateOf(document: Document = DOCUMENT, host: Host = hostOf()): Gate {
  return gate(authorityOf(document, host))
}

/** What becomes of a request at the gate of a document. */
export async function enter(document: Document, access: Access, host: Host = hostOf()): Promise<Outcome> {
  return gateOf(document, host).enter(access, () => undefined)
}

/** The gate's own answer; fails where the request passed. */
export async function replyTo(document: Document, access: Access, host: Host = hostOf()): Promise<Reply> {
  const { reply } = await enter(document, access, host)
  if (!reply) throw new Error('the request passed')
  return reply
}

/** A request that passed; fails where the gate answered it. */
export async function passed(document: Document, access: Access): Promise<NonNullable<Outcome['passed']>> {
  const { passed, reply } = await enter(document, access)
  if (!passed) throw new Error(`the gate answered ${reply?.status} ${reply?.body}`)
  return passed
}
