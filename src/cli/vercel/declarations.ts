import type { Expression, Resolve, Source } from './source.ts'
import { bare } from './source.ts'

/** A constant at the top of a module, exported or not. */
export interface Constant {
  readonly name: string
  readonly value: Expression
  readonly line: number
  readonly isExported: boolean
  /** Whether the name is one of several that are taken out of the value: `const { GET } = value`. */
  readonly isPart: boolean
}

/** The constants at the top of a module, `let` and `var` left out. */
export function constantsIn({ statements }: Source): Constant[] {
  return statements.flatMap((statement) => {
    const isExported = statement.type === 'ExportNamedDeclaration'
    const declaration = isExported ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') return []
    return declaration.declarations.flatMap(({ id, init, loc }): Constant[] => {
      if (!init) return []
      const common = { value: init, line: loc?.start.line ?? 1, isExported }
      if (id.type === 'Identifier') return [{ ...common, name: id.name, isPart: false }]
      if (id.type !== 'ObjectPattern') return []
      return id.properties.flatMap((each) =>
        each.type === 'ObjectProperty' && each.value.type === 'Identifier'
          ? [{ ...common, name: each.value.name, isPart: true }]
          : [],
      )
    })
  })
}

/** Follows the names of a module's own constants, once. */
export function resolverOf(source: Source): Resolve {
  const constants = new Map(constantsIn(source).flatMap((each) => (each.isPart ? [] : [[each.name, each.value]])))
  return (name) => constants.get(name)
}

/** A name that a module exports, and where that comes from. */
export interface Exported {
  readonly name: string
  /** The name in the module itself, or in the one that it comes from. */
  readonly local: string
  readonly line: number
  /** Another module, as it is written: `export { local as name } from`. */
  readonly from?: string
}

/** Every name that a module exports; `export *` is told by the name `*`. */
export function exportsOf({ statements }: Source): Exported[] {
  return statements
    .flatMap((statement): Exported[] => {
      const line = statement.loc?.start.line ?? 1
      if (statement.type === 'ExportDefaultDeclaration') return [{ name: 'default', local: 'default', line }]
      if (statement.type === 'ExportAllDeclaration')
        return [{ name: '*', local: '*', line, from: statement.source.value }]
      if (statement.type !== 'ExportNamedDeclaration') return []
      const from = statement.source ? { from: statement.source.value } : {}
      const named = statement.specifiers.flatMap((each) =>
        each.type === 'ExportSpecifier'
          ? [{ ...from, name: nameOf(each.exported), local: each.local.name, line: each.loc?.start.line ?? line }]
          : [],
      )
      const { declaration } = statement
      if (declaration?.type === 'FunctionDeclaration' && declaration.id) {
        return [{ name: declaration.id.name, local: declaration.id.name, line }]
      }
      return named
    })
    .concat(
      constantsIn({ path: '', text: '', statements })
        .filter(({ isExported }) => isExported)
        .map(({ name, line }) => ({ name, local: name, line })),
    )
}

function nameOf(node: { readonly type: string; readonly name?: string; readonly value?: string }): string {
  return node.name ?? node.value ?? ''
}

/** A name that a module imports. */
export interface Imported {
  readonly local: string
  /** `default` and `*` among them. */
  readonly name: string
  /** As it is written: `latchkey/next`, `./latchkey`. */
  readonly from: string
}

/** Every name that a module imports, types left out. */
export function importsOf({ statements }: Source): Imported[] {
  return statements.flatMap((statement) => {
    if (statement.type !== 'ImportDeclaration' || statement.importKind === 'type') return []
    return statement.specifiers.map((each) => ({
      local: each.local.name,
      name:
        each.type === 'ImportSpecifier'
          ? nameOf(each.imported)
          : each.type === 'ImportDefaultSpecifier'
            ? 'default'
            : '*',
      from: statement.source.value,
    }))
  })
}

/** A call somewhere in a module, of a function by its name or as a member. */
export interface Call {
  /** The name of the function; of `a.b()` it is `b`. */
  readonly name: string
  /** Of `a.b()` it is `a`. */
  readonly of?: string
  readonly arguments: readonly Expression[]
  readonly line: number
}

/** Reads a call; undefined for another expression. */
export function callOf(node: Expression | undefined): Call | undefined {
  const call = bare(node)
  if (call?.type !== 'CallExpression') return undefined
  const { callee } = call
  const common = { arguments: call.arguments as readonly Expression[], line: call.loc?.start.line ?? 1 }
  if (callee.type === 'Identifier') return { ...common, name: callee.name }
  if (callee.type !== 'MemberExpression' || callee.property.type !== 'Identifier') return undefined
  const of = callee.object.type === 'Identifier' ? callee.object.name : ''
  return { ...common, name: callee.property.name, of }
}

/** Every call in a module. */
export function callsIn(source: Source): Call[] {
  return nodesIn(source).flatMap((node) => callOf(node as Expression) ?? [])
}

/** Every text that is written in a module. */
export function textsIn(source: Source): string[] {
  return nodesIn(source).flatMap((node) => {
    const { type, value } = node as { readonly type: string; readonly value?: unknown }
    return type === 'StringLiteral' && typeof value === 'string' ? [value] : []
  })
}

interface Node {
  readonly type: string
}

/** Everything that a module consists of, in no order that counts. */
function nodesIn({ statements }: Source): Node[] {
  const found: Node[] = []
  const waiting: unknown[] = [...statements]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    if (!Array.isArray(next) && typeof (next as Node).type === 'string') found.push(next as Node)
    // Comments and places are no part of it.
    for (const [key, value] of Object.entries(next)) if (!/^(?:loc|.*[cC]omments)$/.test(key)) waiting.push(value)
  }
  return found
}
