import type { Call } from './declarations.ts'
import { callOf, constantsIn, exportsOf, importsOf, resolverOf } from './declarations.ts'
import type { ProjectFiles } from './files.ts'
import { importedBy } from './files.ts'
import type { Place } from './findings.ts'
import type { Expression, Source, Written } from './source.ts'
import { bare, isWhole, memberOf, UNREAD, writtenIn } from './source.ts'

/** A call of Latchkey that makes what wraps handlers. */
export interface GuardCall extends Place {
  /** What it is told that Next takes off a path; undefined: nothing. */
  readonly basePath: Written
}

/** What a handler's file says of when it is run. */
export interface Dynamic {
  readonly value: Written
  readonly line: number
}

/** What a file that answers requests exports, and whether each of it is wrapped. */
export interface Handling {
  /** Of a route handler; empty where the file's one export takes every method. */
  readonly methods: readonly string[]
  readonly isGuarded: boolean
  /** The calls that made what wraps any of it, as far as they are seen. */
  readonly guards: readonly GuardCall[]
  /** What a file says that has something wrapped; undefined: nothing. */
  readonly dynamic: Dynamic | undefined
}

/** What wraps nothing. */
export const UNGUARDED: Handling = { methods: [], isGuarded: false, guards: [], dynamic: undefined }

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const OF_LATCHKEY = /^(?:[.#~]|@\/)|(?:^|\/)latchkey(?:\/|$)/

/** Where what wraps handlers comes from: a call, or Latchkey itself, which is yet to be called. */
type Maker = GuardCall | 'latchkey' | 'unseen'

/** What wraps handlers, so that they answer nobody who was not judged: the names of functions, and of what has them. */
interface Guards {
  readonly functions: ReadonlyMap<string, Maker>
  /** `latchkey.guard`, `identity.next`. */
  readonly owners: ReadonlyMap<string, Maker>
  /** Makers of Latchkey's own endpoints, which judge whoever calls them. */
  readonly apps: ReadonlySet<string>
}

/** Reads a handler's file. What cannot be read is not guarded. */
export function handlingOf(files: ProjectFiles, file: string): Handling {
  const source = files.source(file)
  if (!source) return UNGUARDED
  const guards = guardsOf(files, source)
  const exported = exportsOf(source)
  const methods = exported.filter(({ name }) => METHODS.includes(name))
  const fallback = exported.filter(({ name }) => name === 'default')
  const answering = methods.length > 0 ? methods : fallback
  const makers = answering.map(({ name, local, from }) =>
    from === undefined ? makerOf(givenBy(source, name, local), source, guards) : undefined,
  )
  const isClosed =
    answering.length > 0 && !exported.some(({ name }) => name === '*') && makers.every((maker) => maker !== undefined)
  return {
    methods: methods.map(({ name }) => name),
    isGuarded: isClosed,
    guards: makers.filter((maker) => typeof maker === 'object'),
    dynamic: makers.some((maker) => maker !== undefined) ? dynamicIn(source) : undefined,
  }
}

function dynamicIn(source: Source): Dynamic | undefined {
  const found = constantsIn(source).find(({ name, isExported, isPart }) => name === 'dynamic' && isExported && !isPart)
  return found && { value: writtenIn(found.value, resolverOf(source)), line: found.line }
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

/** Where the guard comes from that made a value; undefined: no guard made it. */
function makerOf(given: Given | undefined, source: Source, guards: Guards, steps = MOST_STEPS): Maker | undefined {
  const value = bare(given?.value)
  if (!given || !value || steps === 0) return undefined
  if (value.type === 'Identifier') return makerOf(givenBy(source, '', value.name), source, guards, steps - 1)
  const writtenOut = writtenGuard(value, source, guards)
  if (writtenOut) return writtenOut
  const call = callOf(value)
  if (!call) return undefined
  if (guards.apps.has(call.name) || call.arguments.some((each) => guards.apps.has(appIn(each, source)))) return 'unseen'
  if (given.isPart) return undefined
  if (call.of === undefined) return guards.functions.get(call.name)
  const isWrapping = (call.name === 'guard' || call.name === 'next') && call.arguments.length > 0
  return isWrapping ? guards.owners.get(call.of) : undefined
}

/** The function that made what stands there, by a name or written out: `handle(app({ document }))`. */
function appIn(node: Expression, source: Source): string {
  const value = node.type === 'Identifier' ? givenBy(source, '', node.name)?.value : node
  return callOf(value)?.name ?? ''
}

/** `guard({ document })(handler)`. */
function writtenGuard(value: Expression, source: Source, guards: Guards): Maker | undefined {
  if (value.type !== 'CallExpression') return undefined
  const inner = callOf(value.callee as Expression)
  return inner?.name === 'guard' ? madeBy(inner, guards.functions.get('guard'), source) : undefined
}

/** What a call makes: by Latchkey itself the call tells how. */
function madeBy(call: Call, maker: Maker | undefined, source: Source): Maker | undefined {
  return maker === 'latchkey' ? guardCall(call, source) : maker
}

function guardCall(call: Call, source: Source): GuardCall {
  const options = bare(call.arguments[0])
  const member = memberOf(options, 'basePath')
  if (!member) return { file: source.path, line: call.line, basePath: isWhole(options) ? undefined : UNREAD }
  const line = member.loc?.start.line ?? call.line
  return { file: source.path, line, basePath: writtenIn(member, resolverOf(source)) }
}

const FACTORIES = new Set(['latchkey', 'requireIdentity'])

const OWN_MODULES = new Set(['latchkey/next', 'latchkey/vercel'])

/** The guards that a module knows by name: imported, made, or taken out of what makes them. */
function guardsOf(files: ProjectFiles, source: Source, steps = 2): Guards {
  const functions = new Map<string, Maker>()
  const owners = new Map<string, Maker>()
  const apps = new Set<string>()
  for (const { local, name, from } of importsOf(source)) {
    if (!OF_LATCHKEY.test(from)) continue
    const path = importedBy(files, source.path, from)
    const there = path === undefined || steps === 0 ? undefined : files.source(path)
    const maker = OWN_MODULES.has(from) ? 'latchkey' : 'unseen'
    if (there) {
      const known = guardsOf(files, there, steps - 1)
      for (const each of exportsOf(there)) {
        if (name === '*') owners.set(local, known.functions.get('guard') ?? 'unseen')
        if (each.name !== name) continue
        const [made, owner] = [known.functions.get(each.local), known.owners.get(each.local)]
        if (made) functions.set(local, made)
        if (owner) owners.set(local, owner)
      }
    } else if (name === 'app') apps.add(local)
    else if (name === 'guard') functions.set(local, maker)
    else owners.set(local, maker)
  }
  for (const { name, value, isPart } of constantsIn(source)) {
    const call = callOf(value)
    if (!call) continue
    const made = madeBy(call, owners.get(call.name), source) ?? 'unseen'
    if (isPart && call.name === 'latchkey' && name === 'guard') functions.set(name, made)
    if (!isPart && FACTORIES.has(call.name)) owners.set(name, made)
    const guard = functions.get('guard')
    if (!isPart && call.name === 'guard' && guard) functions.set(name, madeBy(call, guard, source) ?? 'unseen')
  }
  return { functions, owners, apps }
}
