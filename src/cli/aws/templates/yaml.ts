import type { Document, Node, Pair } from 'yaml'
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { called, isIntrinsic } from './intrinsic.ts'
import type { Line, Tree } from './tree.ts'

/** A text that is no template, and where that shows. Its words hold nothing of the text. */
export class Unreadable extends Error {
  override name = 'Unreadable'
  readonly line: Line

  constructor(line: Line, message: string) {
    super(message)
    this.line = line
  }
}

/** Reads YAML 1.2 with merge keys, and so JSON, and CloudFormation's calls in both their forms. Throws `Unreadable`. */
export function treeOf(text: string, file: string): Tree {
  const lines = new LineCounter()
  const at = (offset: number): Line => ({ file, number: lines.linePos(offset).line })
  const document = parsed(text, lines, at(0))
  const [error] = document.errors
  if (error) throw new Unreadable(at(error.pos[0]), `is neither YAML nor JSON (${wordsOf(error.code)})`)
  return converter(at)(document.contents)
}

function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ')
}

function parsed(text: string, lineCounter: LineCounter, first: Line): Document.Parsed {
  try {
    // Errors would quote the text, which may hold a secret.
    return parseDocument(text, { lineCounter, merge: false, prettyErrors: false, logLevel: 'error' })
  } catch (error) {
    // What is nested by the ten thousand ends the stack, not the document.
    if (error instanceof RangeError) throw new Unreadable(first, 'is nested too deeply')
    throw error
  }
}

type Convert = (node: unknown) => Tree

function converter(at: (offset: number) => Line): Convert {
  /** In the order of the text, as an alias names the last anchor before it. */
  const anchors = new Map<string, Tree>()

  function convert(node: unknown): Tree {
    if (isAlias(node)) {
      const named = anchors.get(node.source)
      if (!named) throw new Unreadable(lineOf(node), 'has an alias that names nothing before it')
      return { ...named, line: lineOf(node) }
    }
    const tree = withoutTag(node, plain(node))
    const anchor = (node as Node | null)?.anchor
    if (anchor !== undefined) anchors.set(anchor, tree)
    return tree
  }

  function lineOf(node: unknown): Line {
    const range = (node as Node | null)?.range
    return at(range ? range[0] : 0)
  }

  function plain(node: unknown): Tree {
    const line = lineOf(node)
    if (isMap(node)) return ofMap(line, entriesOf(node.items))
    if (isSeq(node)) return { kind: 'list', line, items: node.items.map(convert) }
    const value = isScalar(node) ? node.value : null
    if (typeof value === 'boolean' || value === null) return { kind: 'scalar', line, value }
    // As it is written: 2.0 is a version, no number.
    return { kind: 'scalar', line, value: (isScalar(node) && node.source) || String(value) }
  }

  /** A map's own keys go before those that it merges, and of these the first (https://yaml.org/type/merge.html). */
  function entriesOf(pairs: readonly Pair[]): Map<string, Tree> {
    const own = new Map<string, Tree>()
    const merged = new Map<string, Tree>()
    for (const { key, value } of pairs) {
      const name = isScalar(key) ? String(key.source ?? key.value) : undefined
      if (name === undefined) throw new Unreadable(lineOf(key), 'has a key that is no text')
      const tree = convert(value)
      if (name === '<<') merge(tree, merged)
      else own.set(name, { ...tree, line: lineOf(key) })
    }
    for (const [name, tree] of merged) if (!own.has(name)) own.set(name, tree)
    return own
  }

  return convert
}

function ofMap(line: Line, entries: ReadonlyMap<string, Tree>): Tree {
  const [entry, ...more] = entries
  if (entry && more.length === 0 && isIntrinsic(entry[0])) return called(line, ...entry)
  return { kind: 'map', line, entries }
}

function merge(tree: Tree, into: Map<string, Tree>): void {
  for (const each of tree.kind === 'list' ? tree.items : [tree]) {
    if (each.kind !== 'map') throw new Unreadable(each.line, 'merges what is no map')
    for (const [name, value] of each.entries) if (!into.has(name)) into.set(name, value)
  }
}

/** CloudFormation's short form of a call: `!Ref a`, `!GetAtt Function.Arn`. */
function withoutTag(node: unknown, tree: Tree): Tree {
  const { tag } = (node ?? {}) as Partial<Node>
  const [, name] = /^!([A-Za-z0-9]+)$/.exec(tag ?? '') ?? []
  return name === undefined ? tree : called(tree.line, name === 'Ref' ? name : `Fn::${name}`, tree)
}
