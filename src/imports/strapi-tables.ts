import { field, isRow, rowsIn } from './fields.ts'
import type { Row } from './source.ts'

/** Strapi's tables that a token is spread over, and whose rows are read. */
export const STRAPI_TABLES = {
  tokens: ['strapi_api_tokens'],
  permissions: ['strapi_api_token_permissions'],
  /** Strapi 4 has the second name. */
  links: ['strapi_api_token_permissions_token_lnk', 'strapi_api_token_permissions_token_links'],
  adminPermissions: ['admin_permissions'],
  adminLinks: ['admin_permissions_api_token_lnk'],
} as const

/** The tokens of tables, each with its permissions as Strapi's own API tells them; undefined where a table is none. */
export function joined(tables: Row): Row[] | undefined {
  const tokens = tableOf(tables, STRAPI_TABLES.tokens)
  if (!tokens) return undefined
  const permissions = permissionsByToken(
    tables,
    STRAPI_TABLES.permissions,
    STRAPI_TABLES.links,
    'api_token_permission_id',
  )
  const admin = permissionsByToken(tables, STRAPI_TABLES.adminPermissions, STRAPI_TABLES.adminLinks, 'permission_id')
  return tokens.map((token) => ({
    ...token,
    ...(permissions && { permissions: permissions.get(String(token['id'])) ?? [] }),
    ...(admin && { adminPermissions: admin.get(String(token['id'])) ?? [] }),
  }))
}

/** A table under the first of its names; PostgreSQL writes the list of no rows as null. */
function tableOf(tables: Row, names: readonly string[]): readonly Row[] | undefined {
  const name = names.find((each) => Object.hasOwn(tables, each))
  return name === undefined ? undefined : rowsIn(tables[name] ?? [])
}

/** Undefined where one of the two tables is not there: nothing is known then, which is not the same as none. */
function permissionsByToken(
  tables: Row,
  names: readonly string[],
  linkNames: readonly string[],
  column: string,
): ReadonlyMap<string, Row[]> | undefined {
  const permissions = tableOf(tables, names)
  const links = tableOf(tables, linkNames)
  if (!permissions || !links) return undefined
  const byId = new Map(permissions.map((permission) => [String(permission['id']), permission]))
  const byToken = new Map<string, Row[]>()
  for (const link of links) {
    const permission = byId.get(String(link[column]))
    const token = String(link['api_token_id'])
    if (permission) byToken.set(token, [...(byToken.get(token) ?? []), permission])
  }
  return byToken
}

/** The rows of every form that a Strapi export has: tables by their names, a list of tokens, or an answer of its API. */
export function strapiRows(json: unknown): Iterable<Row> | undefined {
  const list = rowsIn(json)
  if (list) return list
  if (!isRow(json)) return undefined
  if (Object.hasOwn(json, STRAPI_TABLES.tokens[0])) return joined(json)
  const data = field(json, 'data')
  if (isRow(data)) return [data]
  if (data !== undefined) return rowsIn(data)
  return field(json, 'access_key', 'accessKey') === undefined ? undefined : [json]
}
