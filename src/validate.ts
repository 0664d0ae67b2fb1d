import * as v from 'valibot'
import type { Document } from './document.ts'
import { jsonPointer } from './lib/pointer.ts'
import type { Fault } from './rules.ts'
import { brokenRules } from './rules.ts'
import { documentSchema } from './schema.ts'

export type { Fault } from './rules.ts'

export type Validation =
  | { readonly ok: true; readonly document: Document }
  | { readonly ok: false; readonly faults: readonly Fault[] }

/** Validates a document, and tells all faults at once. */
export function validate(input: unknown): Validation {
  const faults = [...misshapen(input)]
  // A rule speaks only where the shape is right, so that no place is told twice.
  const wellFormed = (pointer: string) =>
    !faults.some((fault) => pointer === fault.pointer || fault.pointer.startsWith(`${pointer}/`))
  if (isRecord(input)) faults.push(...brokenRules(input as Partial<Document>, wellFormed))
  return faults.length === 0 ? { ok: true, document: input as Document } : { ok: false, faults }
}

/** Parses a document's text. A JSON parser's own message repeats what it choked on, so only the place is told. */
export function validateText(text: string): Validation {
  let input: unknown
  try {
    input = JSON.parse(text)
  } catch (error) {
    return { ok: false, faults: [{ pointer: '', message: `a JSON document${placeOfSyntaxError(text, error)}` }] }
  }
  return validate(input)
}

function placeOfSyntaxError(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(String(error))?.[1]
  if (position === undefined) return '; the text is no JSON'
  const before = text.slice(0, Number(position)).split('\n')
  return `; the text stops being JSON at line ${before.length}, column ${(before.at(-1) as string).length + 1}`
}

/** valibot tells only the first unknown key of an object, so each is taken away and the rest read again. */
function* misshapen(input: unknown): Generator<Fault> {
  let rest = input
  const told = new Set<string>()
  for (let unknownKeys = true; unknownKeys; ) {
    unknownKeys = false
    const result = v.safeParse(documentSchema, rest)
    if (result.success) return
    for (const { path, message, unknownKey } of result.issues.flatMap((issue) => flatten(issue, []))) {
      const pointer = jsonPointer(path)
      if (told.has(pointer)) continue
      told.add(pointer)
      yield { pointer, message }
      if (!unknownKey) continue
      rest = without(rest, path)
      unknownKeys = true
    }
  }
}

interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly unknownKey: boolean
}

/** Of a union, the issues of the branch that the value comes nearest to: a list's items, or an object's members. */
function flatten(issue: v.BaseIssue<unknown>, above: readonly (string | number)[]): Issue[] {
  const path = [...above, ...(issue.path ?? []).map((item) => item.key as string | number)]
  const inner = (issue.issues ?? []).filter(({ path: below }) => {
    const key = below?.[0]?.key
    return Array.isArray(issue.input) ? typeof key === 'number' : typeof key === 'string'
  })
  if (issue.type === 'union' && inner.length > 0) return inner.flatMap((each) => flatten(each, path))
  const last = issue.path?.at(-1)
  const unknownKey = issue.type === 'strict_object' && issue.expected === 'never' && last !== undefined
  const missingKey = issue.type === 'strict_object' && last?.origin === 'key' && !unknownKey
  const message = unknownKey ? 'no such key here' : missingKey ? 'required, and missing' : issue.message
  return [{ path, message, unknownKey }]
}

/** A copy without what stands at a path; what lies beside the path is shared, so it may be of any kind. */
function without(root: unknown, [key, ...below]: readonly (string | number)[]): unknown {
  const copy = (Array.isArray(root) ? root.slice() : { ...(root as object) }) as Record<string | number, unknown>
  if (below.length === 0) delete copy[key as string]
  else copy[key as string] = without(copy[key as string], below)
  return copy
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
