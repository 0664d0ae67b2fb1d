import { REQUEST_ID_HEADER } from '../identity.ts'
import type { Access } from '../model/access.ts'
import type { Allowed } from '../model/decision.ts'
import type { Field } from './outgoing.ts'

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * Cleans a response of the origin: connection-level fields go (RFC 9110 7.6.1), the request id is ours, and what a
 * credential was needed for enters no shared cache unless the origin has said so itself.
 */
export function returningFields(received: Iterable<Field>, access: Access, allowed: Allowed): Field[] {
  const all = [...received]
  const listed = new Set(
    all.flatMap(([name, value]) => (name.toLowerCase() === 'connection' ? value.toLowerCase().split(/\s*,\s*/) : [])),
  )
  const fields = all.filter(([name]) => {
    const lower = name.toLowerCase()
    return !HOP_BY_HOP.has(lower) && !listed.has(lower) && lower !== REQUEST_ID_HEADER.toLowerCase()
  })
  fields.push([REQUEST_ID_HEADER, access.requestId])
  const saysCaching = fields.some(([name]) => name.toLowerCase() === 'cache-control')
  if (allowed.principal !== 'anonymous' && !saysCaching) fields.push(['Cache-Control', 'private'])
  return fields
}
