import type { Settings } from '../../../src/config.ts'
import type { Compiled, Options } from './compile.ts'
import { compile } from './compile.ts'
import type { Judged } from './rules.ts'
import { tableFor } from './rules.ts'

/**
 * What may be called, for one who is judged; undefined for one who may call nothing. Several where shorter lists are to be
 * had, the better ones first: they are compiled when they are asked for, and remembered.
 */
export type ListsFor = (judged: Judged | undefined, isReachable: boolean) => Iterable<Compiled>

const NOTHING: Compiled = { allow: [], deny: [], lost: [] }
/** As many kinds of principals as one instance of a function is likely to meet. */
const MOST_REMEMBERED = 200

export function policyLists(settings: Settings): ListsFor {
  const remembered = new Map<string, Compiled>()

  function compiledFor(judged: Judged, options: Options): Compiled {
    const key = JSON.stringify([kindOf(judged), options])
    let lists = remembered.get(key)
    if (!lists) {
      lists = compile(tableFor(settings, judged), options)
      if (remembered.size >= MOST_REMEMBERED) remembered.clear()
      remembered.set(key, lists)
    }
    return lists
  }

  return function* (judged, isReachable) {
    if (!judged) {
      yield NOTHING
      return
    }
    const exact = compiledFor(judged, { isReachable })
    const isWhole = exact.lost.length === 0
    if (isReachable || isWhole) yield exact
    if (isReachable) return
    const tight = compiledFor(judged, { isReachable, isTight: true })
    if (tight.lost.length < exact.lost.length) yield* [tight, exact]
    else yield* isWhole ? [tight] : [exact, tight]
  }
}

/** What a table is made from. */
function kindOf({ principal, hasCookie }: Judged): unknown {
  if (principal === 'anonymous') return []
  const { credential, surface, grant, ceiling } = principal
  const literals = (each: typeof ceiling) => Array.from(each?.literals ?? [])
  return [hasCookie, credential, surface, grant, ceiling, literals(grant), literals(ceiling)]
}
