import type { Settings } from '../../../src/config.ts'
import type { Compiled } from './compile.ts'
import { compile } from './compile.ts'
import type { Judged } from './rules.ts'
import { tableFor } from './rules.ts'

/**
 * What may be called, for one who is judged; undefined for one who may call nothing. Several where shorter lists are to be
 * had, the better ones first. Remembers what it has compiled.
 */
export type ListsFor = (judged: Judged | undefined, isReachable: boolean) => readonly Compiled[]

const NOTHING: readonly Compiled[] = [{ allow: [], deny: [], lost: [] }]
/** As many kinds of principals as one instance of a function is likely to meet. */
const MOST_REMEMBERED = 200

export function policyLists(settings: Settings): ListsFor {
  const remembered = new Map<string, readonly Compiled[]>()
  return (judged, isReachable) => {
    if (!judged) return NOTHING
    const key = JSON.stringify([kindOf(judged), isReachable])
    let lists = remembered.get(key)
    if (!lists) {
      const table = tableFor(settings, judged)
      const exact = compile(table, { isReachable })
      const tight = isReachable ? [] : [compile(table, { isReachable, isTight: true })]
      lists = [exact, ...tight].sort((one, other) => one.lost.length - other.lost.length)
      if (remembered.size >= MOST_REMEMBERED) remembered.clear()
      remembered.set(key, lists)
    }
    return lists
  }
}

/** What a table is made from. */
function kindOf({ principal, hasCookie }: Judged): unknown {
  if (principal === 'anonymous') return []
  const { credential, surface, grant, ceiling } = principal
  const literals = (each: typeof ceiling) => Array.from(each?.literals ?? [])
  return [hasCookie, credential, surface, grant, ceiling, literals(grant), literals(ceiling)]
}
