import { identityHeaders } from '../identity.ts'
import type { Allowed } from '../model/decision.ts'
import type { Field } from './hop-by-hop.ts'

/** Who called, for the origin; signed too, where the document has it so. */
export function identityFields({ principal, identity }: Allowed, requestId: string): readonly Field[] {
  const fields = identityHeaders(principal, requestId)
  return identity === undefined ? fields : [...fields, ['X-Latchkey-Identity', identity]]
}
