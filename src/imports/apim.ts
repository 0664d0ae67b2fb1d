import type { EpochSeconds } from '../model/access.ts'
import { field, isRow, text } from './fields.ts'
import { bytesOfBase64, sha256Hex } from './hash.ts'
import { momentOf } from './moment.ts'
import type { Claim, Left, Row, Source } from './source.ts'

/** The scheme that a caller writes before the token, and the management API does not. */
const SCHEME = /^GatewayKey\s+/i
/** 64 bytes in standard base64. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/

/**
 * Tokens of self-hosted gateways of Azure API Management, `<gateway>&<yyyyMMddHHmm>&<signature>`: hashed as a whole,
 * with the end that their second field names. Whoever made them is not asked, and nothing is signed.
 */
export function apim(): Source {
  return {
    read,
    rows,
    line,
    forms: 'a list of tokens, or an answer of generateToken',
    columns: ['token', 'name'],
  }
}

function rows(json: unknown): Iterable<Row> | undefined {
  if (isRow(json)) return field(json, 'value', 'token') === undefined ? undefined : [json]
  if (!Array.isArray(json)) return undefined
  const all = json.map((each: unknown) => (typeof each === 'string' ? { token: each } : each))
  return all.every(isRow) ? all : undefined
}

function line(text: string): Row | undefined {
  return /^\s*(?:GatewayKey\s+)?[^\s&,]+&[^\s,]*$/i.test(text) ? { token: text.trim() } : undefined
}

async function read(row: Row): Promise<Claim | Left> {
  const token = (text(row, 'value', 'token') ?? '').trim().replace(SCHEME, '')
  const given = text(row, 'name')
  const [, gateway = '', expiry = '', signature = ''] = /^([^&]*)&([^&]*)&([\s\S]*)$/.exec(token) ?? []
  const hidden = [token, signature].filter((each) => each !== '')
  const left = (why: string): Left => ({ left: why, name: given ?? (signature === '' ? undefined : gateway), hidden })

  if (signature === '') return left('it is no token of the form gateway&yyyyMMddHHmm&signature')
  if (gateway === '' || gateway.length > 80 || gateway === 'managed')
    return left('its gateway has no id that a gateway can have')
  const expiresAt = endOf(expiry)
  if (expiresAt === undefined) return left('its second field is no date and time of the calendar')
  if (!SIGNATURE.test(signature) || !bytesOfBase64(signature)) return left('its signature is no base64 of 64 bytes')
  return {
    name: given || gateway,
    proof: { scheme: 'sha256', hash: await sha256Hex(token) },
    owner: gateway,
    expiresAt,
    hidden,
  }
}

/** `yyyyMMddHHmm`, UTC. */
function endOf(expiry: string): EpochSeconds | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})$/.exec(expiry)
  if (!match) return undefined
  const [, year, month, day, hour, minute] = match
  return momentOf(`${year}-${month}-${day}T${hour}:${minute}Z`, 'seconds')
}
