import type { LambdaFunction } from '../model.ts'
import { resourceOf, resourcesIn } from './intrinsic.ts'
import type { Resources } from './resources.ts'
import { ofType } from './resources.ts'
import type { Line, Told, Tree } from './tree.ts'
import { at, knownText, textsOf, UNKNOWN } from './tree.ts'

/** The functions of a template, by their logical ids; aliases and versions are the functions that they stand for. */
export type Functions = Map<string, LambdaFunction>

/** Reads what CloudFormation itself knows of functions. */
export function functionsIn(resources: Resources): Functions {
  const functions: Functions = new Map()
  for (const { name, line, properties } of ofType(resources, 'AWS::Lambda::Function')) {
    functions.set(name, lambda(name, line, properties))
  }
  return functions
}

/** A function as its properties tell it, which CloudFormation and SAM spell alike. */
export function lambda(name: string, line: Line, properties: Tree | undefined): LambdaFunction {
  return {
    line,
    name,
    variables: textsOf(at(properties, 'Environment', 'Variables')) ?? new Map(),
    isInVpc: isInVpc(at(properties, 'VpcConfig'), 'SubnetIds'),
  }
}

/** Without subnets there is no VPC. */
export function isInVpc(tree: Tree | undefined, subnets: string): Told<boolean> {
  const found = at(tree, subnets)
  if (found?.kind === 'call') return UNKNOWN
  return found !== undefined && !(found.kind === 'list' && found.items.length === 0)
}

/** Aliases and versions are the functions that they stand for. Called once all functions are known. */
export function addAliases(functions: Functions, resources: Resources): void {
  for (const { name, properties } of ofType(resources, 'AWS::Lambda::Alias', 'AWS::Lambda::Version')) {
    const named = functions.get(resourceOf(at(properties, 'FunctionName')) ?? '')
    if (named) functions.set(name, named)
  }
}

/** The function that a URI or an ARN names; unknown where it is not in the template. */
export function functionIn(uri: Tree | undefined, functions: Functions): Told<LambdaFunction> {
  for (const name of resourcesIn(uri)) {
    const named = functions.get(name)
    if (named) return named
  }
  return byName(knownText(uri), functions) ?? UNKNOWN
}

/** An ARN that is written out names a function by its own name, which may be a logical id as well. */
function byName(arn: string | undefined, functions: Functions): LambdaFunction | undefined {
  const [, name = ''] = /:function:([A-Za-z0-9_-]+)/.exec(arn ?? '') ?? []
  return functions.get(name)
}
