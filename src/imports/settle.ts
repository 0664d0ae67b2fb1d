import { unnamed } from './key.ts'
import { nameOf, uniqueNames } from './names.ts'
import type { Proven } from './proof.ts'
import { tells } from './proof.ts'
import type { ImportedKey, ImportOptions, Left, Note } from './source.ts'

/** What has become of one row. */
export type Settled = { readonly key: ImportedKey; readonly warnings: readonly Note[] } | { readonly left: Note }

/** Settles the rows of one import one after the other; it remembers names, hashes, and what was lost. */
export interface Settling {
  row(found: Proven | Left, number: number): Settled
  /** What keys lost alike, each told once. */
  losses(): Note[]
}

/** `source` is what keys are called after that have neither a name nor an origin. */
export function settling(source: string, options: ImportOptions): Settling {
  const unique = uniqueNames()
  const rowsByHash = new Map<string, number>()
  const lost = new Map<string, number>()

  function lose(why: string): void {
    lost.set(why, (lost.get(why) ?? 0) + 1)
  }

  function named(found: Proven, number: number): { readonly name: string; readonly changed: readonly string[] } {
    const { name: wanted = '', origin = '', hidden } = found
    const kept = shown(wanted, hidden)
    const name = unique(kept || shown(origin, hidden) || `${source} ${number}`)
    if (wanted === '') lose('they had no name, and are called after where they come from')
    if (wanted === '' || name === wanted) return { name, changed: [] }
    const why =
      kept === '' ? 'its name cannot be kept' : 'its name is changed: names are unique, 1 to 100 visible characters'
    return { name, changed: [why] }
  }

  return {
    row(found, number) {
      const left = (why: string) => ({ left: { where: whereOf(number, shown(found.name, found.hidden)), why } })
      if ('left' in found) return left(found.left)
      const earlier = rowsByHash.get(found.hash)
      if (earlier !== undefined) return left(`it has the token of row ${earlier}`)
      const result = unnamed(found, options)
      if ('left' in result) return left(result.left)
      rowsByHash.set(found.hash, number)
      for (const why of result.losses) lose(why)
      const { name, changed } = named(found, number)
      const where = whereOf(number, name)
      return { key: { name, ...result.key }, warnings: [...changed, ...result.warnings].map((why) => ({ where, why })) }
    },
    losses() {
      return Array.from(lost, ([why, keys]) => ({ where: keys === 1 ? '1 key' : `${keys} keys`, why }))
    },
  }
}

/** A text as a name, and nothing of one that would tell what is hidden. */
function shown(text = '', hidden: readonly string[] = []): string {
  return tells(text, hidden) ? '' : nameOf(text)
}

function whereOf(number: number, name: string): string {
  return name === '' ? `row ${number}` : `row ${number} (${name})`
}
