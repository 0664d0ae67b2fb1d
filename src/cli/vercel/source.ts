import { parse } from '@babel/parser'

type Program = ReturnType<typeof parse>['program']
export type Statement = Program['body'][number]
export type Expression = Extract<Statement, { type: 'ExpressionStatement' }>['expression']

/** A module of a project, read and never run. */
export interface Source {
  /** From the top of the project. */
  readonly path: string
  readonly text: string
  readonly statements: readonly Statement[]
}

/** What stands where a value would be that only running the module tells. */
export const UNREAD: unique symbol = Symbol('unread')

/** A value that is written out. */
export type Written = typeof UNREAD | undefined | null | boolean | number | string | readonly Written[] | WrittenObject
export interface WrittenObject {
  readonly [key: string]: Written
}

/** Reads TypeScript, JavaScript and JSX; undefined where it is none. */
export function sourceOf(path: string, text: string): Source | undefined {
  const isTyped = /\.[cm]?tsx?$/.test(path)
  // In plain TypeScript `<T>x` is a cast.
  const hasJsx = !/\.[cm]?ts$/.test(path)
  try {
    const { program } = parse(text, {
      sourceType: 'unambiguous',
      allowReturnOutsideFunction: true,
      plugins: [
        ...(isTyped ? (['typescript'] as const) : []),
        ...(hasJsx ? (['jsx'] as const) : []),
        'decorators-legacy',
      ],
    })
    return { path, text, statements: program.body }
  } catch {
    return undefined
  }
}

/** What a name of a module stands for. */
export type Resolve = (name: string) => Expression | undefined

/**
 * The value of an expression, where it is written out: as Next reads a `config`, names are not followed, but `undefined`,
 * and templates hold no expression. With `resolve` names are followed.
 */
export function writtenIn(node: Expression, resolve?: Resolve): Written {
  switch (node.type) {
    case 'NullLiteral':
      return null
    case 'BooleanLiteral':
    case 'StringLiteral':
    case 'NumericLiteral':
      return node.value
    case 'TemplateLiteral': {
      const [quasi] = node.quasis
      return node.expressions.length > 0 || !quasi ? UNREAD : (quasi.value.cooked ?? quasi.value.raw)
    }
    case 'Identifier': {
      const value = node.name === 'undefined' ? undefined : resolve?.(node.name)
      return node.name === 'undefined' ? undefined : value ? writtenIn(value) : UNREAD
    }
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSTypeAssertion':
      return writtenIn(node.expression, resolve)
    case 'ArrayExpression': {
      const items = node.elements.map((each) =>
        each === null ? undefined : each.type === 'SpreadElement' ? UNREAD : writtenIn(each, resolve),
      )
      return items.includes(UNREAD) ? UNREAD : items
    }
    case 'ObjectExpression':
      return objectIn(node, resolve)
    default:
      return UNREAD
  }
}

function objectIn(node: Extract<Expression, { type: 'ObjectExpression' }>, resolve?: Resolve): Written {
  const entries: [string, Written][] = []
  for (const property of node.properties) {
    const key = keyOf(property)
    if (key === undefined || property.type !== 'ObjectProperty') return UNREAD
    const value = writtenIn(property.value as Expression, resolve)
    if (value === UNREAD) return UNREAD
    entries.push([key, value])
  }
  return Object.fromEntries(entries)
}

/** The name of a member of an object; undefined where only running tells it. */
export function keyOf(
  member: Extract<Expression, { type: 'ObjectExpression' }>['properties'][number],
): string | undefined {
  if (member.type === 'SpreadElement' || member.computed) return undefined
  if (member.key.type === 'Identifier') return member.key.name
  return member.key.type === 'StringLiteral' ? member.key.value : undefined
}

/** The member of an object that is written out; undefined where it has none of that name. */
export function memberOf(node: Expression | undefined, name: string): Expression | undefined {
  if (node?.type !== 'ObjectExpression') return undefined
  for (const member of node.properties) {
    if (keyOf(member) !== name || member.type === 'SpreadElement') continue
    return member.type === 'ObjectMethod' ? undefined : (member.value as Expression)
  }
  return undefined
}

/** Whether an object that is written out has a member of a name, a method too. */
export function hasMember(node: Expression | undefined, name: string): boolean {
  return node?.type === 'ObjectExpression' && node.properties.some((member) => keyOf(member) === name)
}

/** Without what only types are told by. */
export function bare(node: Expression | undefined): Expression | undefined {
  switch (node?.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSTypeAssertion':
    case 'TSNonNullExpression':
      return bare(node.expression)
    default:
      return node
  }
}

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
