import { parseTimestamp } from './time.ts'

/** How the expiry is written in what is signed: as `2030-01-02T03:04:00.0000000Z`, or as `203001020304`. */
export type ExpiryForm = 'round-trip' | 'compact'

/** What a gateway's access token says of itself; nothing of it is proved. */
export interface GatewayToken {
  readonly id: string
  /** In epoch seconds: it counts before that, and no longer. */
  readonly expiresAt: number
  /** The texts of which one must have been signed. */
  readonly signed: readonly string[]
  /** Canonical base64 of 64 bytes. */
  readonly signature: string
}

/** What a gateway can be called: visible ASCII that a header can hold as one value. `managed` is Azure's own gateway. */
export const GATEWAY_ID: RegExp = /^(?!managed$)[!-%'-+\--~]{1,80}$/

/** The last character of 64 bytes has four bits to spare, which must be 0: else four texts would be one signature. */
const SIGNATURE = /^[A-Za-z0-9+/]{85}[AQgw]==$/
const COMPACT = /^(\d{4})(\d{2})(\d{2})([01]\d|2[0-3])([0-5]\d)$/
const ROUND_TRIP = /^(\d{4}-\d{2}-\d{2}T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d{7})Z$/

/**
 * Reads `<id>&<yyyyMMddHHmm>&<signature>`, UTC, or a shared access signature, `uid=<id>&ex=<round-trip expiry>&sn=<signature>`,
 * whose expiry is signed as it stands there. Undefined for anything else, a day that no calendar has among it.
 */
export function parseGatewayToken(text: string, forms: readonly ExpiryForm[]): GatewayToken | undefined {
  const fields = fieldsOf(text)
  const [id = '', expiry = '', signature = ''] = fields.map((field, place) => behind(NAMES[place] as string, field))
  const expiresAt = endOfRoundTrip(expiry)
  if (expiresAt === undefined) return plainToken(fields, forms)
  if (!forms.includes('round-trip') || !isWhole(id, signature)) return undefined
  return { id, expiresAt, signed: [`${id}\n${expiry}`], signature }
}

/** What is signed: the id and the expiry, a line each. `expiry` is `yyyyMMddHHmm`. */
export function stringToSign(id: string, expiry: string, form: ExpiryForm): string {
  return `${id}\n${form === 'compact' ? expiry : expiry.replace(COMPACT, '$1-$2-$3T$4:$5:00.0000000Z')}`
}

/** Epoch seconds as `yyyyMMddHHmm`, UTC. Seconds are dropped, so that nothing counts longer than was asked for. */
export function compactExpiry(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 16).replace(/\D/g, '')
}

type Fields = readonly [id: string, expiry: string, signature: string]
const NAMES = ['uid=', 'ex=', 'sn=']

function fieldsOf(text: string): Fields {
  const first = text.indexOf('&')
  const second = text.indexOf('&', first + 1)
  if (first < 0 || second < 0) return ['', '', '']
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)]
}

function plainToken([id, expiry, signature]: Fields, forms: readonly ExpiryForm[]): GatewayToken | undefined {
  const expiresAt = endOfCompact(expiry)
  if (expiresAt === undefined || !isWhole(id, signature)) return undefined
  return { id, expiresAt, signed: forms.map((form) => stringToSign(id, expiry, form)), signature }
}

function isWhole(id: string, signature: string): boolean {
  return GATEWAY_ID.test(id) && SIGNATURE.test(signature)
}

function endOfCompact(expiry: string): number | undefined {
  return COMPACT.test(expiry) ? parseTimestamp(expiry.replace(COMPACT, '$1-$2-$3T$4:$5:00Z')) : undefined
}

function endOfRoundTrip(expiry: string): number | undefined {
  const [, seconds, fraction] = ROUND_TRIP.exec(expiry) ?? []
  const end = seconds === undefined ? undefined : parseTimestamp(`${seconds}Z`)
  return end === undefined ? undefined : end + Number(`0${fraction}`)
}

/** What stands behind a field's name; empty where it has another one, or none. */
function behind(name: string, field: string): string {
  return field.startsWith(name) ? field.slice(name.length) : ''
}
