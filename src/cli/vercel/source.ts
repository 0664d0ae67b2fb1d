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

/** Whether an object is written out, and shows the name of every member that it has. */
export function isWhole(node: Expression | undefined): boolean {
  return node?.type === 'ObjectExpression' && node.properties.every((member) => keyOf(member) !== undefined)
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
