import { PERMISSION } from '../lib/permission.ts'
import type { Grant } from '../model/principal.ts'
import { lineOf } from './names.ts'
import type { Proven } from './proof.ts'
import { tells } from './proof.ts'
import type { ImportedKey, ImportOptions, Left } from './source.ts'
import { STRONG_BITS } from './strength.ts'

const DAY_SECONDS = 86_400
const WEAK_DAYS = 90
const MOST_DESCRIPTION_CHARACTERS = 500
/** As JSON, as the registry counts it. */
const MOST_METADATA_CHARACTERS = 4096
/** What an owner may look like: it is copied as it stands, as another one would be another customer. */
const OWNER = /^(?!\s)\P{C}{1,100}(?<!\s)$/u

const READ_ONLY: Grant = { type: 'read-only', permissions: [] }
const SILENT = 'the source does not say what they may do'

/** A key but for its name, and what it lost. */
export interface Unnamed {
  readonly key: Omit<ImportedKey, 'name'>
  readonly warnings: readonly string[]
  readonly losses: readonly string[]
}

/** The rules that hold for every imported key, whatever its source. */
export function unnamed(claim: Proven, options: ImportOptions): Unnamed | Pick<Left, 'left'> {
  const { owner, surface, suspended, token } = claim
  const grant = claim.grant ?? options.grant ?? READ_ONLY
  const fault = faultOf(claim, grant, options)
  if (fault !== undefined) return { left: fault }

  const end = endOfClaim(claim, options)
  const description = descriptionOf(claim)
  const metadata = metadataOf(claim)
  return {
    key: {
      ...(description.text !== undefined && { description: description.text }),
      type: grant.type,
      ...(grant.type === 'custom' && { permissions: [...new Set(grant.permissions)] }),
      ...(owner !== undefined && { owner }),
      ...(surface !== undefined && { surface }),
      ...(claim.createdAt !== undefined && { createdAt: Math.floor(claim.createdAt) }),
      expiresAt: end.at,
      ...(metadata.texts !== undefined && { metadata: metadata.texts }),
      scheme: claim.scheme,
      hash: claim.hash,
      ...(token !== undefined && { token }),
      ...(suspended === true && { suspended }),
    },
    warnings: [...(claim.warnings ?? []), ...end.warnings, ...description.warnings, ...metadata.warnings],
    losses: [...(claim.losses ?? []), ...(claim.grant ? [] : [`${SILENT}: they are ${grant.type}`])],
  }
}

/** Why a claim gives no key. */
function faultOf(
  { owner, hidden, expiresAt }: Proven,
  { type, permissions }: Grant,
  options: ImportOptions,
): string | undefined {
  if (owner !== undefined && !OWNER.test(owner)) return 'its owner is no text of 1 to 100 visible characters'
  if (owner !== undefined && tells(owner, hidden)) return 'its owner holds the token itself'
  if (type === 'custom' && permissions.length === 0) return 'it is custom and has no permissions'
  const wrong = permissions.findIndex((permission) => !PERMISSION.test(permission) || tells(permission, hidden))
  if (wrong !== -1) return `its permission ${wrong + 1} is none that a key can have`
  const isOver = expiresAt !== 'never' && Math.ceil(expiresAt) <= options.at
  return isOver && !options.expired ? `it expired at ${new Date(expiresAt * 1000).toISOString()}` : undefined
}

/** A token that is easy to guess ends soon, so that it is replaced by one that is not. */
function endOfClaim(
  { expiresAt, bits }: Proven,
  { at, weakDays = WEAK_DAYS }: ImportOptions,
): { readonly at: number | 'never'; readonly warnings: readonly string[] } {
  const end = expiresAt === 'never' ? expiresAt : Math.ceil(expiresAt)
  if (bits === undefined || bits >= STRONG_BITS) return { at: end, warnings: [] }
  const last = Math.ceil(at + weakDays * DAY_SECONDS)
  const soon = end === 'never' ? last : Math.min(end, last)
  const why = `its token has ${Math.floor(bits)} bits at most, fewer than ${STRONG_BITS}`
  return { at: soon, warnings: [`${why}: it ends at ${new Date(soon * 1000).toISOString()}`] }
}

function descriptionOf({ description = '', hidden }: Proven): {
  readonly text?: string
  readonly warnings: readonly string[]
} {
  const text = description.trim()
  if (text === '') return { warnings: [] }
  if (tells(text, hidden)) return { warnings: ['its description holds the token and is not taken'] }
  if (text.length <= MOST_DESCRIPTION_CHARACTERS) return { text, warnings: [] }
  const kept = text.slice(0, MOST_DESCRIPTION_CHARACTERS).replace(/[\ud800-\udbff]$/, '')
  return { text: kept, warnings: [`its description is cut after ${MOST_DESCRIPTION_CHARACTERS} characters`] }
}

function metadataOf({ metadata = {}, origin, hidden }: Proven): {
  readonly texts?: Record<string, string>
  readonly warnings: readonly string[]
} {
  const all = { ...(origin !== undefined && { origin }), ...metadata }
  const texts = new Map<string, string>()
  const warnings: string[] = []
  for (const [name, value] of Object.entries(all)) {
    if (value === undefined || value === null || value === '') continue
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (tells(name, hidden) || tells(text, hidden))
      warnings.push('a part of its metadata holds the token and is not taken')
    else texts.set(lineOf(name), text)
  }
  if (texts.size === 0) return { warnings }
  const kept = Object.fromEntries(texts)
  if (JSON.stringify(kept).length <= MOST_METADATA_CHARACTERS) return { texts: kept, warnings }
  return { warnings: [...warnings, 'its metadata is over 4 KB and is not taken'] }
}
