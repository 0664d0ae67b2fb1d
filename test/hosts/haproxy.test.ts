import { proxyTable } from './proxy-table.ts'
import type { Vector } from './vector.ts'

proxyTable('haproxy', { cannotExpress, mends })

function cannotExpress({ request, expect }: Vector): string | undefined {
  const arrives = expect.origin?.headers ?? {}
  if (arrives['x-hop'] === null) return 'HAProxy is told of no field that Connection names'
  if (arrives['te'] === null) return 'HAProxy passes TE on'
  if (arrives['x_custom'] !== undefined) return 'the file drops names with underscores, as nginx does'
  if (request.headers.length > 100) return 'HAProxy takes at most 101 fields'
  return undefined
}

function mends({ request }: Vector): string | undefined {
  const hosts = request.headers.filter(([name]) => name.toLowerCase() === 'host')
  return hosts.some(([, value]) => value === request.host) ? 'HAProxy makes one of two equal hosts' : undefined
}
