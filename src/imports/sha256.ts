import { rowsIn } from './fields.ts'
import { sha256Of } from './hash.ts'
import { ownClaim, ownColumns } from './own.ts'
import type { Claim, Left, Row, Source } from './source.ts'

/** Opaque SHA-256 hashes, in hex, base64 or base64url: a line each, or a CSV or JSON list with what the keys may do. */
export function sha256(): Source {
  return { read, rows, forms: 'a list of hashes, or of objects with "hash"', line, columns: ['hash', ...ownColumns] }
}

function read(row: Row): Claim | Left {
  const spelt = typeof row['hash'] === 'string' ? row['hash'] : ''
  const hash = sha256Of(spelt)
  if (hash === undefined) return { left: 'its hash is no SHA-256 in hex, base64 or base64url' }
  return ownClaim(row, { scheme: 'sha256', hash })
}

function rows(json: unknown): Iterable<Row> | undefined {
  if (!Array.isArray(json)) return undefined
  const texts = json.every((each) => typeof each === 'string')
  return texts ? json.map((hash) => ({ hash })) : rowsIn(json)
}

/** `<hash>`, or `<hash> <name>` as sha256sum writes it. */
function line(text: string): Row | undefined {
  const [, hash = '', name = ''] = /^(\S+)(?:\s+(.*))?$/.exec(text.trim()) ?? []
  return sha256Of(hash) === undefined ? undefined : { hash, name }
}
