import { callOf, constantsIn, exportsOf, importsOf } from './declarations.ts'
import type { ProjectFiles } from './files.ts'
import { importedBy } from './files.ts'
import type { Expression, Source } from './source.ts'
import { bare } from './source.ts'

/** What a file that answers requests exports, and whether each of it is wrapped. */
export interface Handling {
  /** Of a route handler; empty where the file's one export takes every method. */
  readonly methods: readonly string[]
  readonly isGuarded: boolean
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const OF_LATCHKEY = /^(?:[.#~]|@\/)|(?:^|\/)latchkey(?:\/|$)/

/** What wraps handlers, so that they answer nobody who was not judged: the names of functions, and of what has them. */
interface Guards {
  readonly functions: ReadonlySet<string>
  /** `latchkey.guard`, `identity.next`. */
  readonly owners: ReadonlySet<string>
  /** Makers of Latchkey's own endpoints, which judge whoever calls them. */
  readonly apps: ReadonlySet<string>
}

/** Reads a handler's file. What cannot be read is not guarded. */
export function handlingOf(files: ProjectFiles, file: string): Handling {
  const source = files.source(file)
  if (!source) return { methods: [], isGuarded: false }
  const guards = guardsOf(files, source)
  const exported = exportsOf(source)
  const methods = exported.filter(({ name }) => METHODS.includes(name))
  const fallback = exported.filter(({ name }) => name === 'default')
  const answering = methods.length > 0 ? methods : fallback
  const isClosed =
    answering.length > 0 &&
    !exported.some(({ name }) => name === '*') &&
    answering.every(
      ({ name, local, from }) => from === undefined && isWrapped(givenBy(source, name, local), source, guards),
    )
  return { methods: methods.map(({ name }) => name), isGuarded: isClosed }
}

function givenBy(source: Source, name: string, local: string): Given | undefined {
  if (name === 'default' && local === 'default') {
    for (const statement of source.statements) {
      if (statement.type === 'ExportDefaultDeclaration') return { value: statement.declaration as Expression }
    }
  }
  return constantsIn(source).find((each) => each.name === local)
}

interface Given {
  readonly value: Expression
  readonly isPart?: boolean
}

const MOST_STEPS = 4

/** Whether a value is made by a guard. */
function isWrapped(given: Given | undefined, source: Source, guards: Guards, steps = MOST_STEPS): boolean {
  const value = bare(given?.value)
  if (!given || !value || steps === 0) return false
  if (value.type === 'Identifier') return isWrapped(givenBy(source, '', value.name), source, guards, steps - 1)
  if (isGuardMade(value, guards)) return true
  const call = callOf(value)
  if (!call) return false
  if (guards.apps.has(call.name) || call.arguments.some((each) => guards.apps.has(appIn(each, source)))) return true
  if (given.isPart) return false
  return call.of === undefined
    ? guards.functions.has(call.name)
    : (call.name === 'guard' || call.name === 'next') && call.arguments.length > 0 && guards.owners.has(call.of)
}

/** The function that made what stands there, by a name or written out: `handle(app({ document }))`. */
function appIn(node: Expression, source: Source): string {
  const value = node.type === 'Identifier' ? givenBy(source, '', node.name)?.value : node
  return callOf(value)?.name ?? ''
}

/** `guard({ document })(handler)`. */
function isGuardMade(value: Expression, guards: Guards): boolean {
  if (value.type !== 'CallExpression') return false
  const inner = callOf(value.callee as Expression)
  return inner?.name === 'guard' && guards.functions.has('guard')
}

const FACTORIES = new Set(['latchkey', 'requireIdentity'])

/** The guards that a module knows by name: imported, made, or taken out of what makes them. */
function guardsOf(files: ProjectFiles, source: Source, steps = 2): Guards {
  const functions = new Set<string>()
  const owners = new Set<string>()
  const apps = new Set<string>()
  for (const { local, name, from } of importsOf(source)) {
    if (!OF_LATCHKEY.test(from)) continue
    const path = importedBy(files, source.path, from)
    const there = path === undefined || steps === 0 ? undefined : files.source(path)
    if (there) {
      const known = guardsOf(files, there, steps - 1)
      for (const each of exportsOf(there)) {
        if (each.name !== name && name !== '*') continue
        if (name !== '*' && known.functions.has(each.local)) functions.add(local)
        if (name === '*' || known.owners.has(each.local)) owners.add(local)
      }
    } else if (name === 'app') apps.add(local)
    else if (name === 'guard') functions.add(local)
    else owners.add(local)
  }
  for (const { name, value, isPart } of constantsIn(source)) {
    const call = callOf(value)
    if (!call) continue
    if (isPart && call.name === 'latchkey' && name === 'guard') functions.add(name)
    if (!isPart && FACTORIES.has(call.name)) owners.add(name)
    if (!isPart && call.name === 'guard' && functions.has('guard')) functions.add(name)
  }
  return { functions, owners, apps }
}
