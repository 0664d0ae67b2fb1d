import type { LambdaFunction } from '../model.ts'
import type { Drafts } from './drafts.ts'
import type { Functions } from './functions.ts'
import { functionIn } from './functions.ts'
import type { Line, Told, Tree } from './tree.ts'
import { at, knownText, textOf, UNKNOWN } from './tree.ts'

/** A serverless.yml that is being read. */
export interface Service {
  /** The whole file, its variables put in. */
  readonly file: Tree
  /** What the functions listen to. */
  readonly events: readonly ServiceEvent[]
  readonly functions: Functions
  readonly read: Drafts
}

/** One event of a function: `http`, `httpApi` or `websocket`, and what it says. */
export interface ServiceEvent {
  readonly kind: string
  readonly line: Line
  readonly tree: Tree
}

/** The logical id of a function in the CloudFormation that the framework makes. */
export function logicalId(name: string): string {
  return `${logicalName(name)}LambdaFunction`
}

/** A name as it stands in logical ids. */
export function logicalName(name: string): string {
  const plain = name.replaceAll('-', 'Dash').replaceAll('_', 'Underscore')
  return plain.charAt(0).toUpperCase() + plain.slice(1)
}

/** The function that an authorizer names: one of the file by its name, or by its ARN. */
export function asked({ functions }: Service, name: string | undefined, arn: Tree | undefined): Told<LambdaFunction> {
  if (arn) return functionIn(arn, functions)
  return (name === undefined ? undefined : functions.get(logicalId(name))) ?? UNKNOWN
}

/** The stage of REST and WebSocket APIs. */
export function stageOf({ file }: Service): { line: Line; value: Told<string> } {
  const tree = at(file, 'provider', 'apiGateway', 'stage') ?? at(file, 'provider', 'stage')
  return { line: (tree ?? file).line, value: tree === undefined ? 'dev' : (textOf(tree) ?? UNKNOWN) }
}

/** What an event of either kind listens to: `get /a/b`, or the two as keys; a path alone is any method. */
export function methodAndPath(tree: Tree): { readonly verb: string; readonly path: Told<string> } {
  const text = tree.kind === 'map' ? undefined : knownText(tree)
  const [first, second] = text?.trim().split(/\s+/) ?? []
  const verb = text === undefined ? knownText(at(tree, 'method')) : second === undefined ? undefined : first
  const path: Told<string> = text === undefined ? (textOf(at(tree, 'path')) ?? UNKNOWN) : (second ?? first ?? UNKNOWN)
  return { verb: verb === undefined || verb === '*' ? 'ANY' : verb.toUpperCase(), path }
}
