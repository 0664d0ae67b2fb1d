/** What was asked could not be done, and why: exit 1. Its texts are shown as they are, so they hold no secret. */
export class Failure extends Error {
  override name = 'Failure'
  /** What belongs to it, a line each: the faults of a draft, what to do. */
  readonly details: readonly string[]

  constructor(message: string, details: readonly string[] = []) {
    super(message)
    this.details = details
  }
}

/** Errors of the floors below whose message is one line, made for an operator. They are known by name, not by class. */
const TOLD_BY_MESSAGE: ReadonlySet<string> = new Set(['StoreError', 'RecordUnreadable', 'PepperMissing', 'Unstorable'])

/** What to say of an error: one line, or where a bug came from. Of what was not meant to be read, no message is told. */
export function failureOf(error: unknown): { readonly message: string; readonly details: readonly string[] } {
  if (error instanceof Failure) return error
  if (error instanceof Error && TOLD_BY_MESSAGE.has(error.name)) return { message: error.message, details: [] }
  return { message: `unexpected: ${traceOf(error)}`, details: [] }
}

/** Class, code and calls. The message may hold what was worked on, and that may be a secret. */
function traceOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const { code } = error as { readonly code?: unknown }
  const head = typeof code === 'string' ? `${error.name} ${code}` : error.name
  const behind = (error.stack ?? '').replace(error.message, '')
  return [head, ...behind.split('\n').filter((line) => /^ {4}at /.test(line))].join('\n')
}
