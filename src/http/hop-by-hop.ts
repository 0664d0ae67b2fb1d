import { canonicalHeaderName } from '../lib/header-name.ts'

/** A header field as it was sent, name and value; repeated fields stay repeated. */
export type Field = readonly [name: string, value: string]

/**
 * Fields that speak of one connection (RFC 9110 7.6.1, 11.7, 12.5.1); `Expect`, which the gate answers itself; and `Proxy`,
 * which CGI turns into the variable by which its programs find a proxy.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** The fields that go further than this connection: neither known to speak of it, nor listed in `Connection`. */
export function endToEnd(fields: Iterable<Field>): Field[] {
  const all = [...fields]
  const listed = new Set(
    all.flatMap(([name, value]) =>
      name.toLowerCase() === 'connection' ? value.split(',').map((each) => each.trim().toLowerCase()) : [],
    ),
  )
  return all.filter(([name]) => {
    const canonical = canonicalHeaderName(name)
    const isMisspeltLength =
      canonical === 'content-length' && name.length === canonical.length && /[^A-Za-z-]/.test(name)
    return !HOP_BY_HOP.has(canonical) && !isMisspeltLength && !listed.has(name.toLowerCase())
  })
}
