import { field, isRow, rowsIn, text } from './fields.ts'
import { momentOf } from './moment.ts'
import type { Claim, ImportOptions, Left, Row, Source } from './source.ts'

/** What decK and Kong put in the place of a value that is kept elsewhere. */
const ELSEWHERE = /^(?:\$\{\{.*\}\}|\$\{.*\}|\{vault:\/\/.*\})$/

/**
 * Kong's key-auth: what decK or `kong config db_export` writes, as JSON, or what `GET /key-auths` answers. The keys
 * stand there as they are, and are hashed while they are read.
 */
export function kong(): Source {
  return {
    read,
    rows,
    forms: 'a declarative configuration (decK: --format json), or an answer of /key-auths',
  }
}

function rows(json: unknown): Iterable<Row> | undefined {
  if (!isRow(json)) return rowsIn(json)
  const consumers = rowsIn(field(json, 'consumers') ?? [])
  const credentials = rowsIn(field(json, 'keyauth_credentials', 'data') ?? [])
  if (!consumers || !credentials) return undefined
  if (field(json, 'consumers', 'keyauth_credentials', 'data') === undefined) {
    return field(json, 'key') === undefined ? undefined : [json]
  }
  return all(consumers, credentials)
}

/** The credentials below their consumers, and those beside them, which name theirs. */
function* all(consumers: readonly Row[], credentials: readonly Row[]): Generator<Row> {
  const known = new Map<string, Row>()
  for (const consumer of consumers) {
    for (const name of ['id', 'username', 'custom_id']) {
      const value = text(consumer, name)
      if (value !== undefined && !known.has(value)) known.set(value, consumer)
    }
    for (const credential of rowsIn(consumer['keyauth_credentials']) ?? []) yield { ...credential, consumer }
  }
  for (const credential of credentials) {
    const named = consumerOf(credential)
    const consumer = known.get(text(named, 'id', 'username') ?? '')
    yield { ...credential, consumer: consumer ?? named }
  }
}

function consumerOf(credential: Row): Row {
  const consumer = field(credential, 'consumer')
  return isRow(consumer) ? consumer : typeof consumer === 'string' ? { id: consumer } : {}
}

function read(row: Row, { at, exportedAt = at }: ImportOptions): Claim | Left {
  const plain = text(row, 'key') ?? ''
  const consumer = consumerOf(row)
  const owner = text(consumer, 'username', 'custom_id', 'id')
  const left = (why: string): Left => ({ left: why, name: owner })

  if (ELSEWHERE.test(plain)) return left('its key is a reference to somewhere else')
  const ttl = field(row, 'ttl')
  // Kong tells how many whole seconds are left, rounded down.
  const end = ttl === undefined ? 'never' : Number(ttl) >= 0 ? momentOf(exportedAt + Number(ttl), 'seconds') : undefined
  if (end === undefined) return left('its ttl cannot be read')
  const id = text(row, 'id')
  const tags = field(row, 'tags')
  const isUnnamed = owner !== undefined && text(consumer, 'username', 'custom_id') === undefined
  return {
    name: owner,
    proof: { plain },
    owner,
    createdAt: momentOf(field(row, 'created_at'), 'either'),
    expiresAt: end,
    ...(Array.isArray(tags) && { metadata: { tags: tags.join(',') } }),
    ...(id !== undefined && { origin: `kong ${id}` }),
    losses: isUnnamed ? ["they are called after their consumer's id: the export does not tell its name"] : [],
  }
}
