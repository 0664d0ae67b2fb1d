import type { Latchkey } from '../build.ts'
import type { Identity } from '../caller.ts'
import { callerOf } from '../caller.ts'
import { REQUEST_ID_HEADER } from '../identity.ts'
import { IDENTITY_HEADER } from '../identity-token.ts'
import type { Access } from '../model/access.ts'
import type { Notice } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import { onceWarned } from '../notice.ts'
import type { Reply } from '../respond.ts'
import { gate as gateOf } from './gate.ts'
import type { ProveOwn } from './own-identities.ts'

/** What becomes of a request in the handler that it has reached. */
export type Admission =
  | { readonly reply: Reply; readonly caller?: undefined }
  | {
      readonly caller: Identity
      /** What the handler's reply tells beside what it says itself. */
      readonly fields: readonly Notice[]
      readonly reply?: undefined
    }

/**
 * Judges a request in the handler that it has reached: one that the gate of the same document has let pass proves it by its
 * signed identity; every other one is judged here, as the gate would have judged it.
 */
export interface Guard {
  admit(access: Access, defer: Defer): Promise<Admission>
}

/** Guards handlers by a document's decision. Latchkey's own endpoints are the gate's to answer, not a handler's. */
export function guardOf(latchkey: Latchkey): Guard {
  const { settings } = latchkey
  const { identity } = settings.document
  const gate = gateOf(unsigned(latchkey))
  const warn = onceWarned(latchkey)
  let own: ProveOwn | undefined

  /** Who passed the gate before; undefined for a request that does not prove that it did. */
  async function passedBefore(access: Access, defer: Defer): Promise<Identity | undefined> {
    if (!identity || access.header(FIELD).every((value) => value === '')) return undefined
    try {
      own ??= (await import('./own-identities.ts')).ownIdentities(latchkey)
      const proved = await own(access, await latchkey.snapshot(access.at, defer))
      if (!('reason' in proved)) return proved
      warn(`a guarded handler was shown an identity that does not count: ${proved.detail}`)
    } catch {
      warn('a guarded handler was shown an identity that could not be judged')
    }
    return undefined
  }

  return {
    async admit(access, defer) {
      const before = await passedBefore(access, defer)
      if (before) return { caller: before, fields: [] }
      const { reply, passed } = await gate.enter(access, defer)
      if (reply) {
        if (!identity && access.header(REQUEST_ID_FIELD).length > 0) warn(BEHIND_A_GATE)
        return { reply }
      }
      if (!passed) return { reply: gate.refuse({ reason: 'route-unknown' }, access) }
      const { principal, notices = [] } = passed.allowed
      const { requestId } = passed.judgement.access
      return { caller: callerOf(principal, requestId), fields: [[REQUEST_ID_HEADER, requestId], ...notices] }
    },
  }
}

const FIELD = IDENTITY_HEADER.toLowerCase()
const REQUEST_ID_FIELD = REQUEST_ID_HEADER.toLowerCase()

const BEHIND_A_GATE =
  'a guarded handler refused a request that a gate may have let pass: the gate takes the credential away, so write ' +
  '"identity" into the document, by which it says who called'

/** What is judged here goes no further: nobody would read its signature. */
function unsigned(latchkey: Latchkey): Latchkey {
  const { identity: _, ...document } = latchkey.settings.document
  return { ...latchkey, settings: { ...latchkey.settings, document } }
}
