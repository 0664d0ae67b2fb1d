import { everyEntry } from '../entries.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Authorizer, Protocol } from '../model.ts'
import { authorizerOf } from '../model.ts'
import { isParameter, patternOf } from '../pattern.ts'
import type { Judged, Subject } from '../subject.ts'
import { cachingOf, knownSources } from '../subject.ts'
import { UNKNOWN } from '../templates/tree.ts'

type Part = 'method' | 'path' | 'address'

/** The variables of the context that hold each part of a request. */
const VARIABLES: Readonly<Record<Part, string>> = {
  method: 'context.httpMethod',
  path: 'context.path',
  address: 'context.identity.sourceIp',
}

/** Looks at what answers are kept by, beside the credential. */
export function cacheKeys(subject: Subject): Finding[] {
  return Array.from(cachingOf(subject)).flatMap(([api, authorizer]) => {
    const parts = partsOf(api, authorizer)
    return parts ? lacking(api, authorizer, parts) : []
  })
}

function lacking(api: Judged, authorizer: Authorizer, has: ReadonlySet<Part>): Finding[] {
  const { line } = authorizer.sources
  const isExact = has.has('method') && has.has('path')
  const found: Finding[] = []
  const broken = (['method', 'path', 'address'] as const).filter(
    (part) => !has.has(part) && everyEntry(api.entries, ({ cachedBy }) => cachedBy.includes(part)),
  )
  if (broken.length > 0) {
    const message = `"cachedBy" of "apis" promises ${broken.join(' and ')}, and no identity source holds ${broken.length > 1 ? 'them' : 'it'}: ${remedy(authorizer, api.protocol, broken)}, or take ${broken.length > 1 ? 'them' : 'it'} out of "cachedBy"`
    found.push(finding(line, 'key-lacks-promised', message))
  }
  if (isExact) return found
  if (authorizer.isSimple === true && api.protocol === 'http') {
    const message = `a yes is kept for every route with the same identity sources: ${remedy(authorizer, api.protocol, ['method', 'path'])}, or set ${authorizer.ttl.setting} to 0`
    found.push(finding(line, 'simple-under-ttl', message))
  } else if (everyEntry(api.entries, ({ resultTtlSeconds }) => resultTtlSeconds === 0)) {
    const message = `an answer names the one method and path that was judged, and is kept for all: other routes are 403. Set ${authorizer.ttl.setting} to 0, or say "resultTtlSeconds" in "apis", by which answers are made for the whole API`
    found.push(finding(line, 'key-lacks-path', message))
  }
  return found
}

function remedy({ kind }: Authorizer, protocol: Protocol, parts: readonly Part[]): string {
  if (kind === 'token') return 'use a REQUEST authorizer, as a TOKEN one keeps answers by the token alone'
  const prefix = protocol === 'http' ? '$' : ''
  return `add ${parts.map((part) => prefix + VARIABLES[part]).join(' and ')}`
}

/** What of a request the identity sources hold; undefined where only the deployment tells. */
function partsOf(api: Judged, authorizer: Authorizer): Set<Part> | undefined {
  const sources = knownSources(authorizer)
  if (authorizer.kind === 'token') return new Set()
  if (!sources) return undefined
  const names = new Set(sources.flatMap(({ kind, name }) => (kind === 'context' ? `context.${name}` : [])))
  const own = api.methods.filter((method) => authorizerOf(method) === authorizer)
  const has = new Set((Object.keys(VARIABLES) as Part[]).filter((part) => names.has(VARIABLES[part])))
  // A route's key is its method and path, where these have nothing that stands for others.
  const isLiteral = own.every(({ path }) => path !== UNKNOWN && isLiteralPath(path))
  if (names.has('context.routeKey') && own.every(({ verb }) => verb !== 'ANY')) has.add('method')
  if ((names.has('context.routeKey') || names.has('context.resourcePath')) && isLiteral) has.add('path')
  return has
}

function isLiteralPath(path: string): boolean {
  const { segments, end } = patternOf(path)
  return end === 'none' && !segments.some(isParameter)
}
