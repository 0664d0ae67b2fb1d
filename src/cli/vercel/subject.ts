import type { Scope } from '../../../adapters/vercel/scope.ts'
import { scopeOf } from '../../../adapters/vercel/scope.ts'
import type { Settings } from '../../config.ts'
import type { RouteDocument } from '../../document.ts'
import { isUnder } from '../../lib/path.ts'
import type { Access } from '../../model/access.ts'
import { routeTable } from '../../routes.ts'
import type { Coverage } from './coverage.ts'
import { coverageOf } from './coverage.ts'
import type { Refused, Rule } from './matcher.ts'
import { nextRules, routedPath, vercelRules } from './matcher.ts'
import type { Answering, Project } from './project.ts'
import { redirected } from './redirected.ts'
import { serves } from './served.ts'
import { UNREAD } from './source.ts'

/** What a document makes of a request, whoever sends it: a protected route, a public one, or none. */
export type Verdict = { readonly route: RouteDocument; readonly isPublic: boolean } | undefined

/** A document and a project that are held against each other. */
export interface Subject {
  readonly settings: Settings
  readonly project: Project
  /** Undefined: every path reaches the gate. */
  readonly rules: readonly Rule[] | undefined
  /** Why the matcher is none; then nothing is said of what it covers. */
  readonly refused: string | undefined
  /** Undefined: everything is judged that reaches the gate. */
  readonly scope: Scope | undefined
  verdict(method: string, path: string): Verdict
  /** Whether a path reaches the gate. */
  coverage(path: string): Coverage
  /** Whether what reaches the gate is judged there. */
  inScope(path: string): boolean
  /** The files that serve a path. */
  serving(path: string): readonly Answering[]
}

/** Holds the two against each other. `matcher`: instead of the project's own. */
export function subjectOf(settings: Settings, project: Project, rules = rulesOf(project)): Subject {
  const read = Array.isArray(rules) || rules === undefined ? rules : undefined
  const scope = scopeIn(project)
  return {
    settings,
    project,
    rules: read,
    refused: rules && 'fault' in rules ? rules.fault : undefined,
    scope,
    verdict: verdictBy(settings, project),
    coverage: (path) => coverageOf(read, project.isNext ? routedPath(path, project.config) : path),
    inScope: (path) => scope === undefined || isUnder(path, settings.base) || scope.covers(path),
    serving: (path) => project.answering.filter((each) => serves(each, path)),
  }
}

/** The rules of a project's matcher; undefined where it has none. */
export function rulesOf({ gate, isNext, config }: Project): readonly Rule[] | Refused | undefined {
  if (!gate?.matcher) return undefined
  const { value } = gate.matcher
  if (value === UNREAD) return { fault: 'it is not written out here' }
  return isNext ? nextRules(value, config) : vercelRules(value)
}

/** A scope that is none is told elsewhere. */
function scopeIn({ gate }: Project): Scope | undefined {
  const given = gate?.latchkey?.scope
  if (given === undefined || given === UNREAD) return undefined
  try {
    return scopeOf(given)
  } catch {
    return undefined
  }
}

/** Where Next redirects, what is found there counts; a path that is refused there is as it is written. */
function verdictBy(settings: Settings, { config }: Project): Subject['verdict'] {
  const verdict = verdictAt(settings)
  return (method, path) => {
    const sent = redirected(path, config)
    return verdict(method, sent) ?? (sent === path ? undefined : verdict(method, path))
  }
}

function verdictAt(settings: Settings): Subject['verdict'] {
  const find = routeTable(settings)
  return (method, path) => {
    const match = find(accessOf(method, path), undefined)
    if ('reason' in match) return undefined
    const isTaken = ({ path: pattern, methods }: RouteDocument) =>
      pattern === match.pattern &&
      (methods?.some((each) => each === method || (method === 'HEAD' && each === 'GET')) ?? true)
    const route = settings.routes.find(isTaken)
    return route && { route, isPublic: match.passage === 'public' }
  }
}

function accessOf(method: string, target: string): Access {
  return {
    ...{ requestId: '', at: 0, method, scheme: 'https', host: 'app.example', target, loopback: false },
    header: () => [],
    headerNames: () => [],
  }
}
