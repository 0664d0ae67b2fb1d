import { REASONS } from '../model/reason.ts'
import type { Answer } from './deployment.ts'
import { Failure } from './failure.ts'
import { plain } from './terminal.ts'

/** What a deployment's refusal (RFC 9457) says. */
export interface Refused {
  readonly status: number
  /** Absent where the answer is not Latchkey's. */
  readonly reason?: string
  readonly title: string
  readonly requestId?: string
  /** Where, and what is allowed there. */
  readonly errors: readonly string[]
}

/** Reads a refusal; whatever answered in the deployment's place may have said anything. */
export function refusedOf({ status, headers, body }: Answer): Refused {
  const problem = Object(body) as Readonly<Record<string, unknown>>
  const reason = textOf(problem['reason']) ?? textOf(headers.get('X-Latchkey-Reason'))
  const known = reason !== undefined && Object.hasOwn(REASONS, reason) ? (reason as keyof typeof REASONS) : undefined
  const title =
    textOf(problem['detail']) ??
    textOf(problem['title']) ??
    (known && REASONS[known].title) ??
    'no answer of Latchkey: is the URL right?'
  const requestId = textOf(problem['requestId']) ?? textOf(headers.get('X-Latchkey-Request-Id'))
  return {
    status,
    title,
    ...(reason !== undefined && { reason }),
    ...(requestId !== undefined && { requestId }),
    errors: errorsOf(problem['errors']),
  }
}

/** A refusal as an error, worded as one of the registry's own is. */
export function failureOfAnswer(answer: Answer): Failure {
  const { status, reason, title, requestId, errors } = refusedOf(answer)
  const head = reason === undefined ? `${status}` : `${status} ${reason}`
  return new Failure(`${head}: ${title}`, [...errors, ...(requestId === undefined ? [] : [`request ${requestId}`])])
}

function errorsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.map((each) => {
    const { pointer, parameter, detail } = Object(each) as Readonly<Record<string, unknown>>
    return `${textOf(pointer) ?? textOf(parameter) ?? '/'}  ${textOf(detail) ?? ''}`
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? plain(value) : undefined
}
