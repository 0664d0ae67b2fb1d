import type { Given } from '../usage.ts'
import { UsageError } from '../usage.ts'

/** How many are asked for by `--limit` or `--all`. */
export function countGiven(flags: Given, few: number): number {
  const text = flags.text('limit')
  if (flags.is('all')) {
    if (text !== undefined) throw new UsageError('--limit and --all: only one of them')
    return Number.POSITIVE_INFINITY
  }
  if (text === undefined) return few
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit takes a whole number, 1 at least')
  return Number(text)
}
