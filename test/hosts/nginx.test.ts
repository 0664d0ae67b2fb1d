import { proxyTable } from './proxy-table.ts'
import type { Vector } from './vector.ts'

proxyTable('nginx', { cannotExpress, mends })

function cannotExpress({ request, expect }: Vector): string | undefined {
  const arrives = expect.origin?.headers ?? {}
  if (arrives['x-hop'] === null) return 'nginx passes the fields on that Connection names'
  if (arrives['x_custom'] !== undefined) return 'nginx drops names with underscores'
  if (arrives['x-latchkey-role'] === null) return 'nginx takes away the names that its file lists'
  if (request.headers.some(([, value]) => /[\x01-\x08\x0a-\x1f\x7f]/.test(value)))
    return 'nginx asks with what is no HTTP'
  const lines = request.headers.filter(([name]) => name.toLowerCase() === 'authorization')
  if (lines.length > 1 && expect.outcome !== 'refused') return 'nginx itself refuses two lines of Authorization'
  return undefined
}

function mends({ request }: Vector): string | undefined {
  if (/^https?:/.test(request.target)) return 'nginx makes the origin form of an absolute one'
  if (/:/.test(request.host)) return 'nginx tells the host without its port'
  return undefined
}
