import { REQUEST_ID_HEADER } from '../identity.ts'
import type { Access } from '../model/access.ts'
import type { Allowed } from '../model/decision.ts'
import type { Field } from './hop-by-hop.ts'
import { endToEnd } from './hop-by-hop.ts'

/**
 * Cleans a response of the origin: connection-level fields go (RFC 9110 7.6.1), the request id is ours, what the caller is
 * told is added, and what a credential was needed for enters no shared cache unless the origin has said so itself.
 */
export function returningFields(received: Iterable<Field>, access: Access, allowed: Allowed): Field[] {
  const fields = endToEnd(received).filter(([name]) => name.toLowerCase() !== REQUEST_ID_HEADER.toLowerCase())
  fields.push([REQUEST_ID_HEADER, access.requestId], ...(allowed.notices ?? []))
  const saysCaching = fields.some(([name]) => name.toLowerCase() === 'cache-control')
  if (allowed.principal !== 'anonymous' && !saysCaching) fields.push(['Cache-Control', 'private'])
  return fields
}
