import { field, flag, isRow, rowsIn, text } from './fields.ts'
import { momentOf } from './moment.ts'
import type { Claim, Left, Row, Source } from './source.ts'

/** Amazon API Gateway: what `aws apigateway get-api-keys --include-values` prints. Its keys never end by themselves. */
export function apigateway(): Source {
  return { read, rows, forms: 'an object with "items"' }
}

function rows(json: unknown): Iterable<Row> | undefined {
  if (!isRow(json)) return rowsIn(json)
  const items = field(json, 'items')
  return items === undefined && field(json, 'value') !== undefined ? [json] : rowsIn(items)
}

function read(row: Row): Claim | Left {
  const plain = text(row, 'value') ?? ''
  const name = text(row, 'name')
  // A key whose value was chosen as its id, or made before the two differed: the id is the secret then.
  const id = text(row, 'id')
  if (plain === '') {
    return { left: 'the export does not hold its value: --include-values', name }
  }
  const enabled = flag(row, 'enabled')
  if (enabled === 'unreadable') return { left: 'whether it is enabled cannot be read', name }
  const tags = field(row, 'tags')
  const stages = field(row, 'stageKeys')
  return {
    name,
    proof: { plain },
    description: text(row, 'description'),
    owner: text(row, 'customerId') || undefined,
    createdAt: momentOf(field(row, 'createdDate'), 'either'),
    expiresAt: 'never',
    suspended: enabled === false,
    ...(isRow(tags) && { metadata: tags }),
    ...(id !== undefined && id !== plain && { origin: `apigateway ${id}` }),
    losses:
      Array.isArray(stages) && stages.length > 0
        ? [
            'the stages and usage plans that they belong to are not taken: they pass wherever their type and permissions do',
          ]
        : [],
  }
}
