import type { Line, Tree } from './tree.ts'
import { itemsOf, knownText } from './tree.ts'

/** Whether a map of one key is an intrinsic function of CloudFormation. */
export function isIntrinsic(key: string): boolean {
  return key === 'Ref' || /^Fn::[A-Za-z0-9]+$/.test(key)
}

/** A call of an intrinsic function, or what it comes to where that needs nothing but the template. */
export function called(line: Line, name: string, argument: Tree): Tree {
  const text = name === 'Fn::Sub' ? withoutPlaces(argument) : name === 'Fn::Join' ? joined(argument) : undefined
  if (text !== undefined) return { kind: 'scalar', line, value: text }
  if (name === 'Ref' && knownText(argument) === 'AWS::NoValue') return { kind: 'scalar', line, value: null }
  return { kind: 'call', line, name, argument }
}

function withoutPlaces(argument: Tree): string | undefined {
  const text = knownText(itemsOf(argument)[0])
  return text === undefined || /\$\{(?!!)/.test(text) ? undefined : text.replaceAll('${!', '${')
}

function joined(argument: Tree): string | undefined {
  const [by, list] = itemsOf(argument)
  if (list?.kind !== 'list') return undefined
  const parts = list.items.map(knownText)
  return parts.includes(undefined) ? undefined : parts.join(knownText(by) ?? '')
}

/** The resource that a value is, or is an attribute of, by its logical id; undefined where it is none. */
export function resourceOf(tree: Tree | undefined): string | undefined {
  if (tree?.kind !== 'call') return undefined
  const text = knownText(itemsOf(tree.argument)[0])
  if (tree.name === 'Ref') return text
  if (tree.name === 'Fn::GetAtt') return text?.split('.')[0]
  return tree.name === 'Fn::Sub' ? /^\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}$/.exec(text ?? '')?.[1] : undefined
}

/** Every resource that is named anywhere in a value, by its logical id: of a URI, the function in it. */
export function resourcesIn(tree: Tree | undefined): Set<string> {
  const found = new Set<string>()
  const seen = new Set<Tree>()
  const waiting = tree ? [tree] : []
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    if (seen.has(each)) continue
    seen.add(each)
    const resource = resourceOf(each)
    for (const name of resource === undefined ? substituted(each) : [resource]) found.add(name)
    waiting.push(...below(each))
  }
  return found
}

function below(tree: Tree): Iterable<Tree> {
  if (tree.kind === 'scalar') return []
  if (tree.kind === 'call') return [tree.argument]
  return tree.kind === 'list' ? tree.items : tree.entries.values()
}

/** The names in the text of a `Fn::Sub`. */
function substituted(tree: Tree): string[] {
  const text = tree.kind === 'call' && tree.name === 'Fn::Sub' ? knownText(itemsOf(tree.argument)[0]) : undefined
  return Array.from((text ?? '').matchAll(/\$\{([A-Za-z0-9]+)/g), ([, name]) => name as string)
}
