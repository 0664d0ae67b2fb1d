import type { Authorizer, Guard, Source } from '../model.ts'
import type { ApiDraft } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import { authorizer, capitals } from './parts.ts'
import type { Told, Tree } from './tree.ts'
import { at, itemsOf, knownText, UNKNOWN } from './tree.ts'

/** Reads one of SAM's `Auth.Authorizers`, and adds it to its API where it asks a function. */
export function samAuthorizer(name: string, tree: Tree, draft: ApiDraft, functions: Functions): Guard {
  const asked = at(tree, 'FunctionArn')
  if (!asked) return 'others'
  const isToken = draft.protocol === 'rest' && capitals(at(tree, 'FunctionPayloadType')) !== 'REQUEST'
  const identity = at(tree, 'Identity')
  const read = authorizer({
    ...{ name, line: tree.line, kind: isToken ? 'token' : 'request', protocol: draft.protocol, tree: identity },
    ...{ ttl: 'ReauthorizeEvery', sources: '', payload: '', simple: '', asks: functionIn(asked, functions) },
  })
  const reply = authorizer({
    ...{ name, line: tree.line, kind: 'request', protocol: draft.protocol, tree, asks: UNKNOWN },
    ...{ ttl: '', sources: '', payload: 'AuthorizerPayloadFormatVersion', simple: 'EnableSimpleResponses' },
  })
  const guard: Authorizer = {
    ...read,
    ...{ payload: reply.payload, isSimple: reply.isSimple },
    sources: { line: identity?.line ?? tree.line, value: isToken ? tokenSource(identity) : sourcesOf(identity) },
  }
  draft.authorizers.push(guard)
  return guard
}

function tokenSource(identity: Tree | undefined): Told<readonly Source[]> {
  const header = at(identity, 'Header')
  if (header?.kind === 'call') return UNKNOWN
  return [headerSource(knownText(header) ?? 'Authorization')]
}

function headerSource(name: string): Source {
  return { kind: 'header', name: name.toLowerCase(), text: name }
}

const MAKE: Readonly<Record<string, (name: string) => Source>> = {
  Headers: headerSource,
  QueryStrings: (name) => ({ kind: 'query', name, text: name }),
  Context: (name) => ({ kind: 'context', name, text: name }),
  StageVariables: (name) => ({ kind: 'stage-variable', name, text: name }),
}

function sourcesOf(identity: Tree | undefined): Told<readonly Source[]> {
  const sources: Source[] = []
  for (const [key, make] of Object.entries(MAKE)) {
    for (const item of itemsOf(at(identity, key))) {
      const name = knownText(item)
      if (name === undefined) return UNKNOWN
      sources.push(make(name))
    }
  }
  return sources
}
