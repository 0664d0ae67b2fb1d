import type { Decision } from '../model/decision.ts'
import type { Principal } from '../model/principal.ts'

/** An issued key that was shown, and is genuine. */
export interface Known {
  readonly principal: Principal
  /** Whether its verifier accepted it, whatever the policies said then. */
  readonly isAccepted: boolean
}

/** The issued key that a decision is about; undefined where none was shown that is genuine. */
export function knownIn(decision: Decision): Known | undefined {
  const refused = decision.allow ? undefined : decision.refusal.principal
  const principal = refused ?? decision.principal
  if (principal === undefined || principal === 'anonymous' || principal.kind !== 'api-key') return undefined
  return { principal, isAccepted: refused === undefined }
}
