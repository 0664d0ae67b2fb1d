import type { Guard, Method } from '../model.ts'
import { allowCors } from './cors.ts'
import type { ApiDraft, Drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import { authorizer, capitals, gatewayResponse, integration } from './parts.ts'
import type { Tree } from './tree.ts'
import { at, entriesOf, itemsOf, knownText } from './tree.ts'

const EXTENSION = 'x-amazon-apigateway'
const VERBS = new Set(['get', 'head', 'post', 'put', 'patch', 'delete', 'options'])

/**
 * Reads an OpenAPI document with API Gateway's extensions into an API, where the template holds one. `others`: what its
 * operations may name beside its own schemes.
 */
export function openApi(
  api: ApiDraft,
  body: Tree | undefined,
  functions: Functions,
  drafts: Drafts,
  others: ReadonlyMap<string, Guard> = new Map(),
): void {
  if (!body) return
  if (!at(body, 'paths') || at(body, 'paths')?.kind === 'call') {
    api.isElsewhere = true
    drafts.unread(body.line, `the methods of ${api.name} stand in a document of their own`)
    return
  }
  const own = schemesOf(body).map(([name, scheme]) => [name, guard(name, scheme)] as const)
  const guards = new Map<string, Guard>([...others, ...own])
  if (at(body, `${EXTENSION}-cors`)) allowCors(api)
  for (const [path, operations] of entriesOf(at(body, 'paths'))) {
    for (const [key, operation] of entriesOf(operations)) {
      const verb = key === `${EXTENSION}-any-method` ? 'ANY' : VERBS.has(key) ? key.toUpperCase() : undefined
      if (verb !== undefined) api.methods.push(methodOf(verb, path, operation))
    }
  }
  if (api.methods.some(({ verb }) => verb === 'OPTIONS')) api.hasCors = true
  for (const [type, response] of entriesOf(at(body, `${EXTENSION}-gateway-responses`))) {
    api.responses.push(gatewayResponse(response.line, type, at(response, 'responseParameters')))
  }

  function guard(name: string, scheme: Tree): Guard {
    const tree = at(scheme, `${EXTENSION}-authorizer`)
    const type = capitals(at(tree, 'type'))
    if (type !== 'TOKEN' && type !== 'REQUEST') return 'others'
    const read = authorizer({
      ...{ name, line: tree?.line ?? scheme.line, kind: type === 'TOKEN' ? 'token' : 'request', tree },
      ...{ protocol: api.protocol, ttl: 'authorizerResultTtlInSeconds', sources: 'identitySource' },
      ...{ payload: 'authorizerPayloadFormatVersion', simple: 'enableSimpleResponses' },
      asks: functionIn(at(tree, 'authorizerUri'), functions),
    })
    api.authorizers.push(type === 'TOKEN' ? tokenOf(read, scheme) : read)
    return api.authorizers.at(-1) as Guard
  }

  function methodOf(verb: string, path: string, operation: Tree): Method {
    const security = itemsOf(at(operation, 'security')).flatMap((each) => entriesOf(each).map(([name]) => name))
    const target = resolved(at(operation, `${EXTENSION}-integration`), body)
    return {
      ...{ line: operation.line, verb, path: path === '/$default' ? '$default' : path },
      // What the document says for all operations counts for none of them here.
      guard: security.length === 0 ? 'nobody' : (guards.get(security[0] as string) ?? 'unknown'),
      integration: target && integration(target.line, knownText(at(target, 'type')), at(target, 'requestParameters')),
    }
  }
}

/** The header of a TOKEN authorizer is that of its scheme. */
function tokenOf<Read extends { readonly sources: object }>(read: Read, scheme: Tree): Read {
  const name = knownText(at(scheme, 'name')) ?? 'Authorization'
  const source = { kind: 'header', name: name.toLowerCase(), text: `method.request.header.${name}` } as const
  return { ...read, sources: { line: at(scheme, 'name')?.line ?? scheme.line, value: [source] } }
}

/** OpenAPI 3, and Swagger 2. */
function schemesOf(body: Tree): [string, Tree][] {
  return [...entriesOf(at(body, 'components', 'securitySchemes')), ...entriesOf(at(body, 'securityDefinitions'))]
}

/** What a `$ref` within the document refers to. */
function resolved(tree: Tree | undefined, body: Tree | undefined): Tree | undefined {
  const reference = knownText(at(tree, '$ref'))
  return reference?.startsWith('#/') ? at(body, ...reference.slice(2).split('/')) : tree
}
