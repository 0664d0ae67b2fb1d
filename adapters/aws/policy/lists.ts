import type { Settings } from '../../../src/config.ts'
import type { Compiled } from './compile.ts'
import { compile } from './compile.ts'
import type { Judged } from './rules.ts'
import { tableFor } from './rules.ts'

/** What may be called, for one who is judged; undefined for one who may call nothing. Remembers what it has compiled. */
export type ListsFor = (judged: Judged | undefined, isReachable: boolean, isTight: boolean) => Compiled

const NOTHING: Compiled = { allow: [], deny: [], lost: [] }
/** As many kinds of principals as one instance of a function is likely to meet. */
const MOST_REMEMBERED = 200

export function policyLists(settings: Settings): ListsFor {
  const remembered = new Map<string, Compiled>()
  return (judged, isReachable, isTight) => {
    if (!judged) return NOTHING
    const key = JSON.stringify([kindOf(judged), isReachable, isTight])
    let lists = remembered.get(key)
    if (!lists) {
      lists = compile(tableFor(settings, judged), { isReachable, isTight })
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
