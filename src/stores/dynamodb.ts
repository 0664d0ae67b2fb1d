import type { AwsAnswer, AwsCredentials } from '../lib/aws-call.ts'
import { dynamodbCaller, dynamodbTrouble } from '../lib/dynamodb-call.ts'
import { PATIENCE_MILLISECONDS } from '../lib/in-time.ts'
import type { Order, Position } from '../lib/listing.ts'
import { cursorAt, isGone, positionAt, positionOfText, sortTextOf } from '../lib/listing.ts'
import type { Row } from '../lib/storable.ts'
import { checkedQuery, familyOf, isId, rowOf, Unstorable } from '../lib/storable.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { Entry, ListQuery, Store } from '../model/ports.ts'
import { StoreError, unanswered } from '../model/store-error.ts'

export interface DynamodbOptions {
  readonly table: string
  readonly region: string
  /** Asked before each call. On Lambda: the three variables of its role. */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>
  readonly endpoint?: string
  readonly now?: () => EpochSeconds
  readonly patienceMilliseconds?: number
}

/** An attribute as DynamoDB writes it: a text or a number. */
export type Attribute = { readonly S: string } | { readonly N: string }
export type Item = Readonly<Record<string, Attribute>>

/**
 * Entries in one DynamoDB table, which migrations/dynamodb/table.json describes.
 *
 * The table's key is `id` alone, so that keys spread over all of its partitions. Three indexes of keys only, each under
 * `family`, give the orders: `by-id`, `by-name` (`name`: the name, U+0001, the id) and `by-expires` (`expires`: the end in
 * twelve digits, U+0001, the id); an entry without one of them is not in that index. Beside these an item has `value`,
 * `version`, and `gone`, the attribute for DynamoDB's own time to live.
 *
 * Consistency: reads are consistent: each sees the last write; of two writers one gets a conflict. A listing finds its
 * entries by an index, which follows within a second or so, and then reads them consistently: what is new or renamed may
 * be missing from it for that long, what is deleted is never in it.
 * Limits: of the account. 1,000 new entries a second in one family (a partition of an index), else `busy`.
 * Cost: a read is 1 read unit for each 4 KB; a write is 1 write unit for each KB, and 1 for each index whose key it
 * changes, so a new key costs 4 and a changed one 1; a page is its index's keys and a read for each entry. What DynamoDB
 * removes at its time (within days) costs nothing.
 */
export function dynamodb(options: DynamodbOptions): Store {
  const { table, region, credentials, endpoint, now = () => Date.now() / 1000 } = options
  const { patienceMilliseconds = PATIENCE_MILLISECONDS } = options
  const call = dynamodbCaller({ region, endpoint, credentials, patienceMilliseconds })

  async function asked(operation: string, input: object): Promise<AwsAnswer> {
    let answer: AwsAnswer
    try {
      answer = await call(operation, input)
    } catch (error) {
      throw unanswered('dynamodb', error)
    }
    const trouble = dynamodbTrouble(answer)
    if (trouble) throw new StoreError('dynamodb', trouble, answer.exception ?? `status ${answer.status}`)
    return answer
  }

  async function rowAt(id: string): Promise<Row | undefined> {
    const { body } = await asked('GetItem', { TableName: table, Key: { id: { S: id } }, ConsistentRead: true })
    return presentRow(body['Item'] as Item | undefined)
  }

  function presentRow(item: Item | undefined): Row | undefined {
    const row = item && rowOfItem(item)
    return row && !isGone(row, now()) ? row : undefined
  }

  async function rowsAt(ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const rows = new Map<string, Row>()
    let wanted: unknown = { [table]: { Keys: ids.map((id) => ({ id: { S: id } })), ConsistentRead: true } }
    for (let round = 0; Object.keys(wanted as object).length > 0 && ids.length > 0; round++) {
      if (round === 5) throw new StoreError('dynamodb', 'busy', 'too many reads at once')
      const { body } = await asked('BatchGetItem', { RequestItems: wanted })
      for (const item of (body['Responses'] as Record<string, Item[]>)[table] ?? []) {
        const row = presentRow(item)
        if (row) rows.set(row.id, row)
      }
      wanted = body['UnprocessedKeys'] ?? {}
    }
    return rows
  }

  return {
    async get(id) {
      const row = isId(id) ? await rowAt(id) : undefined
      return row && entryOf(row)
    },
    async put(id, value, given = {}) {
      const row = rowOf(id, value, given)
      const condition = conditionOf(given.ifVersion, Math.floor(now()))
      const answer = await asked('PutItem', { TableName: table, Item: itemOf(row), ...condition })
      if (answer.exception === undefined) return { version: row.version }
      // Of a call that was made twice, the first may have been done: then the conflict is with ourselves.
      const isOurs = answer.isRepeated && (await rowAt(id))?.version === row.version
      return isOurs ? { version: row.version } : 'conflict'
    },
    async delete(id, { ifVersion } = {}) {
      if (!isId(id)) return ifVersion === undefined ? 'deleted' : 'conflict'
      const condition = conditionOf(ifVersion, Math.floor(now()))
      const answer = await asked('DeleteItem', { TableName: table, Key: { id: { S: id } }, ...condition })
      if (answer.exception === undefined) return 'deleted'
      // As with a write: what the first of two calls deleted is gone because of us.
      return answer.isRepeated && (await rowAt(id)) === undefined ? 'deleted' : 'conflict'
    },
    async list(query) {
      const { by = 'id' } = query
      const { body } = await asked('Query', { TableName: table, ...conditionsOf(query) })
      const found = body['Items'] as readonly Item[]
      const rows = await rowsAt(found.map((keys) => textOf(keys['id']) as string))
      const items = found
        .map((keys) => ({ keys, row: rows.get(textOf(keys['id']) as string) }))
        // Renamed since: the index will have it in its new place.
        .filter(({ keys, row }) => row && textOf(itemOf(row)[by]) === textOf(keys[by]))
        .map(({ row }) => entryOf(row as Row))
      const last = body['LastEvaluatedKey'] as Item | undefined
      return last ? { items, cursor: cursorAt(by, positionOfKeys(by, last)) } : { items }
    },
  }
}

function conditionOf(ifVersion: string | null | undefined, now: number): object {
  if (ifVersion === undefined) return {}
  const ExpressionAttributeValues = { ':now': { N: String(now) } }
  if (ifVersion === null) {
    const ConditionExpression = 'attribute_not_exists(id) OR #gone <= :now'
    return { ConditionExpression, ExpressionAttributeNames: { '#gone': 'gone' }, ExpressionAttributeValues }
  }
  return {
    ConditionExpression: '#version = :version AND (attribute_not_exists(#gone) OR #gone > :now)',
    ExpressionAttributeNames: { '#gone': 'gone', '#version': 'version' },
    ExpressionAttributeValues: { ...ExpressionAttributeValues, ':version': { S: ifVersion } },
  }
}

function conditionsOf({ prefix, by = 'id', from, limit }: ListQuery): object {
  const Limit = checkedQuery(prefix, by, limit)
  const family = familyOf(prefix)
  const hasMore = prefix.length > family.length
  return {
    IndexName: `by-${by}`,
    Limit,
    KeyConditionExpression: `#family = :family${hasMore ? ' AND begins_with(id, :prefix)' : ''}`,
    ExpressionAttributeNames: { '#family': 'family' },
    ExpressionAttributeValues: { ':family': { S: family }, ...(hasMore && { ':prefix': { S: prefix } }) },
    ...(from !== undefined && { ExclusiveStartKey: keysOf(by, prefix, positionAt(by, from)) }),
  }
}

/** DynamoDB takes no start outside of the listing. */
function keysOf(by: Order, prefix: string, position: Position): Item {
  const { id } = position
  if (!isId(id) || !id.startsWith(prefix)) throw new Unstorable('cursor', 'one of the same listing')
  const keys = { id: { S: id }, family: { S: familyOf(id) } }
  return by === 'id' ? keys : { ...keys, [by]: { S: sortTextOf(by, position) } }
}

function positionOfKeys(by: Order, keys: Item): Position {
  return by === 'id' ? { key: '', id: textOf(keys['id']) as string } : positionOfText(by, textOf(keys[by]) as string)
}

/** A row as an item of the table. */
export function itemOf({ id, value, version, name, expires, gone }: Row): Item {
  return {
    id: { S: id },
    family: { S: familyOf(id) },
    value: { S: value },
    version: { S: version },
    ...(name !== undefined && { name: { S: sortTextOf('name', { key: name, id }) } }),
    ...(expires !== undefined && { expires: { S: sortTextOf('expires', { key: expires, id }) } }),
    ...(gone !== undefined && { gone: { N: String(gone) } }),
  }
}

function rowOfItem(item: Item): Row {
  const [id, value, version, name, expires] = ['id', 'value', 'version', 'name', 'expires'].map((key) =>
    textOf(item[key]),
  )
  const { gone } = item
  return {
    id: id as string,
    value: value ?? '',
    version: version ?? '',
    name: name === undefined ? undefined : String(positionOfText('name', name).key),
    expires: expires === undefined ? undefined : Number(positionOfText('expires', expires).key),
    gone: gone && 'N' in gone ? Number(gone.N) : undefined,
  }
}

function textOf(attribute: Attribute | undefined): string | undefined {
  return attribute && 'S' in attribute ? attribute.S : undefined
}

function entryOf({ id, value, version }: Row): Entry {
  return { id, value, version }
}
