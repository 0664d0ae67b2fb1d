/** A header field as it was sent, name and value; repeated fields stay repeated. */
export type Field = readonly [name: string, value: string]

/** Fields that speak of one connection (RFC 9110 7.6.1, 11.7, 12.5.1), and `Expect`, which the gate answers itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'http2-settings',
  'keep-alive',
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
  return all.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()) && !listed.has(name.toLowerCase()))
}
