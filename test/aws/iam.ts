/**
 * What IAM makes of the policy that an authorizer answers, written from IAM's own documents and sharing nothing with what
 * writes such policies:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 */
export interface Policy {
  /** Without `2012-10-17` nothing is a policy variable. */
  readonly Version?: string
  readonly Statement: Statement | readonly Statement[]
}

export interface Statement {
  readonly Sid?: string
  readonly Effect: string
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
}

/** `explicit-deny`: a statement says no, whatever others say. `implicit-deny`: none says yes. */
export type Evaluation = 'allow' | 'explicit-deny' | 'implicit-deny'

/** A policy that IAM would refuse, or one with an element whose meaning for authorizers AWS does not document. */
export class MalformedPolicy extends Error {
  override name = 'MalformedPolicy'
}

/** Evaluates a policy for one resource. Throws where the policy is malformed, whether or not the statement applies. */
export function evaluate(policy: unknown, resource: string, action = 'execute-api:Invoke'): Evaluation {
  const { statements, hasVariables } = read(policy)
  const applying = statements.filter(
    ({ actions, resources }) =>
      actions.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase(), false)) &&
      resources.some((pattern) => matches(pattern, resource, hasVariables)),
  )
  if (applying.some(({ effect }) => effect === 'Deny')) return 'explicit-deny'
  return applying.length > 0 ? 'allow' : 'implicit-deny'
}

/**
 * Whether a text matches a pattern as IAM reads it: `*` is any characters, none too, across `/` and `:`; `?` is any one;
 * both without end or escape. With variables, `${*}`, `${?}` and `${$}` are these characters themselves, and any other
 * variable has no value for an authorizer's caller: such a pattern matches nothing.
 */
export function matches(pattern: string, text: string, hasVariables = true): boolean {
  const parts = partsOf(pattern, hasVariables)
  if (!parts) return false
  const characters = Array.from(text)
  let part = 0
  let at = 0
  // Where the last `*` stands, and how far it reaches by now.
  let star = -1
  let reach = 0
  while (at < characters.length) {
    const wanted = parts[part]
    if (wanted === ONE || (wanted !== undefined && wanted !== MANY && wanted === characters[at])) {
      part++
      at++
    } else if (wanted === MANY) {
      star = part++
      reach = at
    } else if (star >= 0) {
      part = star + 1
      at = ++reach
    } else {
      return false
    }
  }
  while (parts[part] === MANY) part++
  return part === parts.length
}

const MANY = Symbol('any characters')
const ONE = Symbol('any character')
type Part = string | typeof MANY | typeof ONE

const VARIABLE = /^\$\{([^}]*)\}/
const LITERALS = new Set(['*', '?', '$'])

/** The parts of a pattern; undefined where it holds a variable without value. */
function partsOf(pattern: string, hasVariables: boolean): Part[] | undefined {
  const parts: Part[] = []
  for (let rest = pattern; rest !== ''; ) {
    const variable = hasVariables ? VARIABLE.exec(rest) : null
    const [first] = rest as unknown as [string]
    const character = String.fromCodePoint(rest.codePointAt(0) as number)
    if (variable) {
      if (!LITERALS.has(variable[1] as string)) return undefined
      parts.push(variable[1] as string)
    } else {
      parts.push(first === '*' ? MANY : first === '?' ? ONE : character)
    }
    rest = rest.slice(variable ? variable[0].length : character.length)
  }
  return parts
}

interface Read {
  readonly statements: readonly { effect: string; actions: readonly string[]; resources: readonly string[] }[]
  readonly hasVariables: boolean
}

const VERSIONS = [undefined, '2008-10-17', '2012-10-17']
const ELEMENTS = new Set(['Sid', 'Effect', 'Action', 'Resource'])

function read(policy: unknown): Read {
  const { Version, Statement } = objectOf(policy)
  if (!VERSIONS.includes(Version as string)) throw new MalformedPolicy('a version that IAM does not know')
  const statements = [Statement].flat()
  if (statements.length === 0) throw new MalformedPolicy('no statement')
  return { statements: statements.map(readStatement), hasVariables: Version === '2012-10-17' }
}

function readStatement(statement: unknown): Read['statements'][number] {
  const given = objectOf(statement)
  for (const name of Object.keys(given)) if (!ELEMENTS.has(name)) throw new MalformedPolicy(`an element ${name}`)
  const { Effect } = given
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new MalformedPolicy('neither Allow nor Deny')
  const resources = textsOf(given['Resource'], 'Resource')
  const strange = resources.find((resource) => resource !== '*' && !/^arn:[^:]*:[^:]*:[^:]*:[^:]*:/.test(resource))
  if (strange !== undefined) throw new MalformedPolicy('a resource that is no ARN')
  return { effect: Effect, actions: textsOf(given['Action'], 'Action'), resources }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedPolicy('no object')
  return value as Record<string, unknown>
}

function textsOf(value: unknown, element: string): readonly string[] {
  const texts = [value].flat()
  if (texts.length === 0 || texts.some((text) => typeof text !== 'string' || text === '')) {
    throw new MalformedPolicy(`an ${element} that is no text`)
  }
  return texts as string[]
}
