import type { MiddlewareHandler } from 'hono'
import * as v from 'valibot'
import { jsonPointer } from '../../lib/pointer.ts'
import { MOST_BODY_BYTES } from './operations.ts'
import type { KeysContext, KeysEnv } from './parts.ts'
import type { ProblemError } from './problems.ts'
import { problem } from './problems.ts'
import { RESERVED_NAMES } from './shape.ts'

/** Every place that is wrong is told, each once. */
const ONE_ISSUE_A_PLACE = { abortPipeEarly: true }

/** What a request brings, once its schema has passed it. */
export type Brings<Name extends string, Value> = MiddlewareHandler<KeysEnv & { Variables: Record<Name, Value> }>

/** Reads a body of JSON as `c.var.body`. Where none was sent, an empty object is read: an action may need no words. */
export function jsonBody<Body>(schema: v.GenericSchema<unknown, Body>): Brings<'body', Body> {
  return async (c, next) => {
    const text = textOf(c, 'application/json')
    if (text instanceof Response) return text
    const json = parsed(text)
    if (json === undefined) return problem(c, 'body-malformed')
    const result = v.safeParse(schema, json.value, ONE_ISSUE_A_PLACE)
    if (!result.success) return problem(c, 'invalid', result.issues.map(errorsOf))
    c.set('body', result.output)
    return next()
  }
}

/** Reads the query as `c.var.query`. A parameter that is repeated, or that nobody knows, is an error. */
export function queryOf<Query>(schema: v.GenericSchema<unknown, Query>): Brings<'query', Query> {
  return async (c, next) => {
    const given = new URLSearchParams(c.env.query ?? '')
    const names = [...new Set(given.keys())]
    const known = Array.from(given).filter(([name]) => !RESERVED_NAMES.has(name))
    const result = v.safeParse(schema, Object.fromEntries(known), ONE_ISSUE_A_PLACE)
    const errors = [
      ...errorsAt(names, (name) => given.getAll(name).length > 1, 'once'),
      ...errorsAt(names, (name) => RESERVED_NAMES.has(name), 'no such parameter here'),
      ...(result.issues ?? []).map(({ message, path }) => {
        return { detail: message, parameter: String(path?.[0]?.key ?? '') }
      }),
    ]
    if (!result.success || errors.length > 0) return problem(c, 'query-invalid', errors)
    c.set('query', result.output)
    return next()
  }
}

/**
 * Reads the `token` of a form, as RFC 7662 (2.1) and RFC 7009 (2.1) send it, as `c.var.token`. Parameters that are not
 * known are ignored; what is wrong is told as RFC 6749 (5.2) has it.
 */
export function formToken(): Brings<'token', string> {
  return async (c, next) => {
    const text = formText(c)
    if (text instanceof Response) return text
    const [token, ...more] = new URLSearchParams(text).getAll('token')
    if (token === undefined || token === '' || more.length > 0) {
      return c.json({ error: 'invalid_request', error_description: 'send the parameter token once' }, 400)
    }
    c.set('token', token)
    return next()
  }
}

/** The text of a form; a reply where it is too long, of another type, or no UTF-8. */
export function formText(c: KeysContext): string | Response {
  return textOf(c, 'application/x-www-form-urlencoded')
}

function errorsAt(names: readonly string[], isWrong: (name: string) => boolean, detail: string): ProblemError[] {
  return names.filter(isWrong).map((parameter) => ({ detail, parameter }))
}

/** The body's text; a reply where it is too long, of another type, or no UTF-8. */
function textOf(c: KeysContext, mediaType: string): string | Response {
  const { body } = c.env
  if (body.length > MOST_BODY_BYTES) return problem(c, 'body-too-large')
  const sent = c.env.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase()
  if (body.length === 0 && sent === undefined) return ''
  if (sent !== mediaType) return problem(c, 'media-type-unsupported', [], { Accept: mediaType })
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return problem(c, 'body-malformed')
  }
}

function parsed(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: text === '' ? {} : JSON.parse(text) }
  } catch {
    return undefined
  }
}

function errorsOf({ message, path, type }: v.BaseIssue<unknown>): ProblemError {
  const isMissing = type === 'object_with_rest' && path?.at(-1)?.origin === 'key'
  const pointer = jsonPointer((path ?? []).map(({ key }) => key as string | number))
  return { detail: isMissing ? 'required, and missing' : message, pointer }
}
