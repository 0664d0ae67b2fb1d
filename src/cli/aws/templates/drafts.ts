import type { Api, Authorizer, GatewayResponse, Guard, Method, Model, Placed, Protocol, Unread } from '../model.ts'
import { resourceOf } from './intrinsic.ts'
import type { Line, Told, Tree } from './tree.ts'
import { knownText, UNKNOWN } from './tree.ts'

/** An API that is being read. */
export interface ApiDraft extends Omit<Api, 'isElsewhere' | 'hasCors' | 'answersPreflights'> {
  isElsewhere: boolean
  hasCors: boolean
  answersPreflights: boolean
  readonly stages: Placed<Told<string>>[]
  readonly authorizers: Authorizer[]
  readonly methods: Method[]
  readonly responses: GatewayResponse[]
}

/** What has been read so far, by whatever reader. */
export interface Drafts {
  /** An API of the template. */
  add(name: string, protocol: Protocol, line: Line): ApiDraft
  /** The API that a value refers to: one of the template, or one that is elsewhere. */
  referred(tree: Tree | undefined, protocol: Protocol, line: Line): ApiDraft
  /** Notes what cannot be read here. */
  unread(line: Line, message: string): void
  /** The authorizers, by their logical ids; `others` for one that asks no function. */
  readonly guards: Map<string, Guard>
  /** The paths of resources that no section of the template holds, by their logical ids. */
  readonly paths: Map<string, string>
  model(): Model
}

export function drafts(): Drafts {
  const apis = new Map<string, ApiDraft>()
  const notes: Unread[] = []

  function found(name: string, make: () => ApiDraft): ApiDraft {
    const api = apis.get(name) ?? make()
    apis.set(name, api)
    return api
  }

  return {
    add(name, protocol, line) {
      const api = found(name, () => begun(name, protocol, line))
      // It may have been referred to before.
      api.isElsewhere = false
      return api
    },
    referred(tree, protocol, line) {
      const id = knownText(tree)
      const name = resourceOf(tree) ?? id ?? `${protocol} API`
      return found(name, () => ({ ...begun(name, protocol, line), id: id ?? UNKNOWN, isElsewhere: true }))
    },
    unread: (line, message) => void notes.push({ line, message }),
    guards: new Map(),
    paths: new Map(),
    model: () => ({ apis: [...apis.values()], unread: notes }),
  }
}

function begun(name: string, protocol: Protocol, line: Line): ApiDraft {
  return {
    ...{ line, protocol, name, id: UNKNOWN, isElsewhere: false, hasCors: false, answersPreflights: false },
    ...{ stages: [], authorizers: [], methods: [], responses: [] },
  }
}
