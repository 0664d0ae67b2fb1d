import type { Compiled } from './compile.ts'
import type { Glob } from './glob.ts'
import { isMatch, STAR, textOf } from './glob.ts'

/** A statement of a policy (IAM's JSON policy elements), as API Gateway takes it from an authorizer. */
export interface Statement {
  readonly Action: 'execute-api:Invoke'
  readonly Effect: 'Allow' | 'Deny'
  readonly Resource: string | readonly string[]
}

export type Statements = readonly [Statement, ...Statement[]]

/** What a resource of a policy may hold at most. */
export const MOST_IN_A_RESOURCE = 512

/**
 * What is no plain path, and what the core refuses or compares in more than one reading: escapes, `;`, `//`, dot segments,
 * and all that RFC 3986 (3.3) allows in no path. It is denied wherever a `*` might match it.
 */
const ODD: readonly string[] = [
  ...['%', ';', '//', '/./', '/../', '\\', ' ', '"', '<', '>', '[', ']', '^', '`', '{', '|', '}'].map(
    (odd) => `*${odd}*`,
  ),
  '*/.',
  '*/..',
]

/** Resources that are told beside the lists. */
export interface Beside {
  readonly allow?: readonly string[]
  readonly deny?: readonly string[]
}

/**
 * The statements for what was compiled, behind the `prefix` of an ARN that ends with the stage's slash. Undefined where a
 * resource is longer than API Gateway takes.
 */
export function statementsOf(
  { allow, deny }: Pick<Compiled, 'allow' | 'deny'>,
  prefix: string,
  beside: Beside = {},
): Statements | undefined {
  const allowed = [...allow.map((glob) => prefix + textOf(glob)), ...(beside.allow ?? [])]
  // What is denied may be denied everywhere.
  const anywhere = prefix.replace(/^(arn:[^:]*:execute-api):.*$/, '$1:*:*:')
  const odd = allow.some(isWide) ? ODD.map((each) => anywhere + each) : []
  const denied = [...deny.map((glob) => prefix + textOf(glob)), ...odd, ...(beside.deny ?? [])]
  if ([...allowed, ...denied].some((resource) => resource.length > MOST_IN_A_RESOURCE)) return undefined
  if (allowed.length === 0) return [statement('Deny', [`${prefix}*`])]
  return [statement('Allow', allowed), ...(denied.length > 0 ? [statement('Deny', denied)] : [])]
}

function isWide(glob: Glob): boolean {
  return glob.includes(STAR)
}

function statement(Effect: Statement['Effect'], Resource: readonly string[]): Statement {
  return { Action: 'execute-api:Invoke', Effect, Resource }
}

/** Whether statements let an ARN pass, as IAM evaluates them: what is denied anywhere is denied. */
export function isAllowed(statements: readonly Statement[], arn: string): boolean {
  const isNamed = (effect: Statement['Effect']) =>
    statements.some(({ Effect, Resource }) => Effect === effect && [Resource].flat().some((each) => isMatch(each, arn)))
  return isNamed('Allow') && !isNamed('Deny')
}
