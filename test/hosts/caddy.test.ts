import { proxyTable } from './proxy-table.ts'
import type { Vector } from './vector.ts'

proxyTable('caddy', { cannotExpress, mends })

function cannotExpress({ request, expect }: Vector): string | undefined {
  const arrives = expect.origin?.headers ?? {}
  if (arrives['x-hop'] === null) return 'Caddy is told of no field that Connection names'
  if (arrives['te'] === null) return 'Caddy passes TE on'
  if (arrives['x_custom'] !== undefined) return 'the file drops names with underscores, as nginx does'
  if (arrives['x-latchkeyed'] !== undefined) return 'the wildcard of the file takes a little more away'
  if (request.target === '*') return 'Caddy itself answers OPTIONS *'
  return undefined
}

function mends({ request }: Vector): string | undefined {
  const [path = ''] = request.target.split('?')
  if (!path.startsWith('/')) return 'Caddy makes the origin form of any other'
  if (/[^\x21-\x7e]|["#<>\\^`{|}]/.test(path)) return 'Caddy escapes what no path may hold'
  return undefined
}
