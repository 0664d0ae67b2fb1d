import { isListed } from '../lib/ip.ts'
import type { Policy } from '../model/ports.ts'

/** Refuses an address that is not among those that the principal is bound to. One that is not known is refused too. */
export function addresses(): Policy {
  return ({ principal, access }) => {
    const listed = principal.constraints?.addresses
    return listed === undefined || isListed(access.clientAddress, listed) ? undefined : { reason: 'address-refused' }
  }
}
