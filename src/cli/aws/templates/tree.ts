/** A line of a file, as it was named. */
export interface Line {
  readonly file: string
  /** From 1. */
  readonly number: number
}

/**
 * A value of a template, and the line on which it stands: of what stands in a map, the line of its key. Aliases share what
 * they name. A `call` is an intrinsic function, or a variable: what it comes to only the deployment tells.
 */
export type Tree = Scalar | List | Fields | Call

export interface Scalar {
  readonly kind: 'scalar'
  readonly line: Line
  readonly value: string | boolean | null
}

interface List {
  readonly kind: 'list'
  readonly line: Line
  readonly items: readonly Tree[]
}

interface Fields {
  readonly kind: 'map'
  readonly line: Line
  readonly entries: ReadonlyMap<string, Tree>
}

interface Call {
  readonly kind: 'call'
  readonly line: Line
  /** `Ref`, `Fn::GetAtt`... */
  readonly name: string
  readonly argument: Tree
}

/** Stands for a value that only the deployment tells. */
export const UNKNOWN: unique symbol = Symbol('unknown')

/** What a template tells of a value. */
export type Told<T> = T | typeof UNKNOWN

/** What stands at a path of keys; undefined where nothing does. Behind a call everything is that call. */
export function at(tree: Tree | undefined, ...keys: readonly string[]): Tree | undefined {
  let found = tree
  for (const key of keys) {
    if (found?.kind === 'call') break
    found = found?.kind === 'map' ? found.entries.get(key) : undefined
  }
  // A key without a value says nothing.
  return found?.kind === 'scalar' && found.value === null ? undefined : found
}

/** The entries of a map; of anything else none. */
export function entriesOf(tree: Tree | undefined): [key: string, value: Tree][] {
  return tree?.kind === 'map' ? [...tree.entries] : []
}

/** The items of a list; a value that is none is a list of one. */
export function itemsOf(tree: Tree | undefined): readonly Tree[] {
  return tree === undefined ? [] : tree.kind === 'list' ? tree.items : [tree]
}

/** A scalar as text: to CloudFormation a number in quotes is one too. */
export function textOf(tree: Tree | undefined): Told<string> | undefined {
  if (tree?.kind !== 'scalar') return tree && UNKNOWN
  return tree.value === null ? undefined : String(tree.value)
}

/** A number of digits. */
export function numberOf(tree: Tree | undefined): Told<number> | undefined {
  const text = textOf(tree)
  if (typeof text !== 'string') return text
  return /^\d+$/.test(text) ? Number(text) : UNKNOWN
}

/** A boolean, in the words of YAML 1.1, which CloudFormation reads. */
export function booleanOf(tree: Tree | undefined): Told<boolean> | undefined {
  const text = textOf(tree)
  if (typeof text !== 'string') return text
  if (/^(?:true|yes|on)$/i.test(text)) return true
  return /^(?:false|no|off)$/i.test(text) ? false : UNKNOWN
}

/** The text where it is known. */
export function knownText(tree: Tree | undefined): string | undefined {
  const text = textOf(tree)
  return typeof text === 'string' ? text : undefined
}

/** A map's texts by their keys; undefined where it is missing. */
export function textsOf(tree: Tree | undefined): Told<ReadonlyMap<string, Told<string>>> | undefined {
  if (tree?.kind !== 'map') return tree && UNKNOWN
  return new Map(entriesOf(tree).map(([key, value]) => [key, textOf(value) ?? '']))
}

/** The same tree with every scalar replaced; what aliases share is looked at once. */
export function mapScalars(tree: Tree, replace: (scalar: Scalar) => Tree): Tree {
  const done = new Map<Tree, Tree>()
  const maps = new Map<ReadonlyMap<string, Tree>, ReadonlyMap<string, Tree>>()
  function mapped(each: Tree): Tree {
    const after = done.get(each) ?? made(each)
    done.set(each, after)
    return after
  }
  function mappedMap(entries: ReadonlyMap<string, Tree>): ReadonlyMap<string, Tree> {
    const after = maps.get(entries) ?? new Map(Array.from(entries, ([key, value]) => [key, mapped(value)]))
    maps.set(entries, after)
    return after
  }
  function made(each: Tree): Tree {
    switch (each.kind) {
      case 'scalar':
        return replace(each)
      case 'list':
        return { ...each, items: each.items.map(mapped) }
      case 'call':
        return { ...each, argument: mapped(each.argument) }
      case 'map':
        return { ...each, entries: mappedMap(each.entries) }
    }
  }
  return mapped(tree)
}
