import type { Scalar, Tree } from './tree.ts'
import { at, knownText, mapScalars } from './tree.ts'

/** Reads a file that a template names, as `./functions.yml`; undefined where it cannot be read. */
export type Include = (path: string) => Tree | undefined

/** `${file(path):address}`, `${source:address}`, `${source(parameters):address}`; not CloudFormation's `${AWS::Region}`. */
const VARIABLE = /\$\{\s*(?:file\(([^)]*)\)(?::([^{},]*))?|([A-Za-z][\w-]*)(?:\([^)]*\))?:(?!:)([^{},]*))(?:,[^{}]*)?\}/
/** In one text; more of them make themselves. */
const MOST_VARIABLES = 100

/**
 * Puts the Serverless Framework's variables in, as far as files have them: `${self:...}`, `${sls:stage}` and
 * `${file(...)}`. What others come to the deployment tells, and their defaults are not it.
 */
export function withVariables(root: Tree, include: Include): Tree {
  const files = new Map<string, Tree | undefined>()
  const done = new Map<Tree, Tree>()
  const open = new Set<Tree>()

  /** Undefined for a variable that leads back to itself. */
  function resolved(tree: Tree): Tree | undefined {
    const before = done.get(tree)
    if (before || open.has(tree)) return before
    open.add(tree)
    const after = mapScalars(tree, (scalar) => replaced(scalar, 0))
    open.delete(tree)
    done.set(tree, after)
    return after
  }

  function replaced(scalar: Scalar, count: number): Tree {
    const text = typeof scalar.value === 'string' ? scalar.value : ''
    const match = VARIABLE.exec(text)
    if (!match) return scalar
    const found = lookedUp(match)
    const value = found && resolved(found)
    if (!value || count > MOST_VARIABLES) return variable(scalar)
    if (match[0] === text) return value.line.file === scalar.line.file ? { ...value, line: scalar.line } : value
    const inner = knownText(value)
    if (inner === undefined) return variable(scalar)
    // As it stands: a value with `$&` in it is no pattern.
    return replaced({ ...scalar, value: text.replace(match[0], () => inner) }, count + 1)
  }

  function lookedUp([, path, within, source, address = '']: RegExpExecArray): Tree | undefined {
    if (path !== undefined) return at(fileAt(path.trim()), ...(within?.trim().split('.') ?? []))
    if (source === 'sls' && address.trim() === 'stage') return at(root, 'provider', 'stage')
    return source === 'self' ? at(root, ...address.trim().split('.')) : undefined
  }

  function fileAt(path: string): Tree | undefined {
    if (!files.has(path)) files.set(path, include(path))
    return files.get(path)
  }

  return resolved(root) ?? root
}

function variable(scalar: Scalar): Tree {
  return { kind: 'call', line: scalar.line, name: 'variable', argument: scalar }
}
