import type { Settings } from './config.ts'
import { truncateAddress } from './lib/ip.ts'
import { timestamps } from './lib/time.ts'
import type { Access } from './model/access.ts'
import type { Decision } from './model/decision.ts'
import type { DecisionEvent } from './model/event.ts'
import type { Defer, Sink } from './model/ports.ts'

/** Writes the one event of a decision. */
export type Observe = (decision: Decision, access: Access, durationMs: number, defer?: Defer) => void

/** Refusals are always written; of allowed requests the configured part. */
export function observer(settings: Settings['log'], sink: Sink): Observe {
  const timeOf = timestamps()
  const addressOf = addressText(settings.address)
  return (decision, access, durationMs, defer) => {
    if (decision.allow && (!settings.allowed || (settings.sample < 1 && Math.random() >= settings.sample))) return
    const principal = decision.principal === 'anonymous' ? undefined : decision.principal
    const refusal = decision.allow ? undefined : decision.refusal
    const event: DecisionEvent = {
      type: 'decision',
      time: timeOf(access.at),
      requestId: access.requestId,
      host: access.host,
      method: access.method,
      route: decision.match?.pattern ?? null,
      path: pathOf(access.target),
      decision: refusal ? 'deny' : 'allow',
      reason: refusal?.reason ?? null,
      detail: refusal?.detail ?? null,
      kind: principal?.kind ?? null,
      name: principal?.credential ?? null,
      // Of issued keys and of gateways: a JWT's subject may be a person.
      keyId: principal?.kind.endsWith('-key') ? principal.subject : null,
      owner: principal?.owner ?? null,
      slot: principal?.slot ?? null,
      address: addressOf(access.clientAddress),
      userAgent: access.header('user-agent')[0] ?? null,
      durationMs,
    }
    sink.write(event, defer)
  }
}

/** How addresses are written; null where they are not, or none is known. */
export function addressText(setting: Settings['log']['address']): (address: string | undefined) => string | null {
  return (address) => {
    if (address === undefined || setting === 'none') return null
    return setting === 'full' ? address : truncateAddress(address)
  }
}

/** A target without its query, in any form: a query may hold a token, and so may what stands before an `@`. */
function pathOf(target: string): string {
  if (target.charCodeAt(0) !== 0x2f) return ''
  const end = target.search(/[?#]/)
  return end < 0 ? target : target.slice(0, end)
}
