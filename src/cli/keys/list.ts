import type { KeyView } from '../../http/keys/replies.ts'
import type { KeyState } from '../../keys/record.ts'
import type { Column } from '../table.ts'
import { NOTHING, tableOf } from '../table.ts'
import { print, say } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { countGiven } from './count.ts'
import { stateOf } from './describe.ts'
import { oneOf, surfaceGiven, typeGiven } from './draft-flags.ts'
import type { KeyService } from './service.ts'
import { everyKey } from './service.ts'
import { shortTime } from './times.ts'

const STATES: readonly KeyState[] = ['active', 'suspended', 'revoked']
const ORDERS = ['id', 'name', 'expires'] as const
const FEW = 100

export const LIST_FLAGS: Flags = {
  owner: { type: 'string', valueHint: 'NAME', description: 'only keys of this owner' },
  state: { type: 'string', valueHint: STATES.join('|'), description: 'only keys in this state' },
  type: { type: 'string', valueHint: 'full-access|read-only|custom', description: 'only keys of this type' },
  surface: { type: 'string', valueHint: 'api|admin|keys', description: 'only keys of this surface' },
  search: { type: 'string', valueHint: 'TEXT', description: 'only keys with this in their name or description' },
  sort: { type: 'string', valueHint: ORDERS.join('|'), description: 'default name; by expires: only keys that end' },
  limit: { type: 'string', valueHint: 'N', description: `how many at most; default ${FEW}` },
  all: { type: 'boolean', description: 'every one' },
  ...ACCESS_FLAGS,
}

/** What a table of keys shows. */
export const KEY_COLUMNS: readonly Column<KeyView>[] = [
  { head: 'ID', text: ({ id }) => id },
  { head: 'NAME', text: ({ name }) => name },
  { head: 'OWNER', text: ({ owner }) => owner ?? NOTHING },
  { head: 'TYPE', text: ({ type }) => type },
  { head: 'SURFACE', text: ({ surface }) => surface },
  { head: 'STATE', text: (key) => stateOf(key) },
  { head: 'EXPIRES', text: ({ expiresAt }) => shortTime(expiresAt) },
  { head: 'USED', text: ({ lastUsedAt }) => (lastUsedAt === null ? NOTHING : shortTime(lastUsedAt)) },
]

/** `latchkey keys list` */
export async function list(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, LIST_FLAGS)
  const most = countGiven(flags, FEW)
  const query = queryGiven(flags)
  return withKeys(flags, async (keys) => {
    const { found, isAll } = await first(keys, query, most)
    if (flags.is('json')) print(JSON.stringify(found, null, 2))
    else if (found.length > 0) print(tableOf(KEY_COLUMNS, found))
    if (found.length === 0) say('no keys')
    if (!isAll) say(`there are more: --limit ${most * 10}, or --all`)
    return 0
  })
}

type Query = Parameters<typeof everyKey>[1]

function queryGiven(flags: Given): Query {
  const [owner, search] = [flags.text('owner'), flags.text('search')]
  const [state, type, surface] = [oneOf('state', flags.text('state'), STATES), typeGiven(flags), surfaceGiven(flags)]
  return {
    by: oneOf('sort', flags.text('sort'), ORDERS) ?? 'name',
    ...(owner !== undefined && { owner }),
    ...(search !== undefined && { search }),
    ...(state && { state }),
    ...(type && { type }),
    ...(surface && { surface }),
  }
}

async function first(
  keys: KeyService,
  query: Query,
  most: number,
): Promise<{ readonly found: readonly KeyView[]; readonly isAll: boolean }> {
  const found: KeyView[] = []
  for await (const key of everyKey(keys, query)) {
    if (found.length === most) return { found, isAll: false }
    found.push(key)
  }
  return { found, isAll: true }
}
