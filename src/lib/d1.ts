/** What is used of a D1 binding. */
export interface D1Database {
  prepare(sql: string): D1Statement
  /** One transaction. */
  batch(statements: D1Statement[]): Promise<D1Answer[]>
}

export interface D1Statement {
  bind(...values: unknown[]): D1Statement
  all(): Promise<D1Answer>
}

export interface D1Answer {
  readonly results: unknown[]
}

/** What keeps D1 from doing what it was asked, and the same in words for an operator. */
export type D1Trouble = readonly [trouble: 'refused' | 'full' | 'busy' | 'unreadable', detail: string]

/** D1 tells what happened by its message alone. */
const TROUBLES: readonly (readonly [RegExp, D1Trouble])[] = [
  [/no such (?:table|column)/i, ['refused', 'the table is missing or old: apply migrations/d1 by wrangler']],
  [/SQLITE_FULL|maximum DB size|exceeded.*size/i, ['full', 'there is no room left']],
  [/overloaded|too many requests|SQLITE_BUSY|queued for too long/i, ['busy', 'too many queries at once']],
  [/SQLITE_(?:CORRUPT|NOTADB)/i, ['unreadable', 'the database is damaged']],
]

/** What a call of D1 has failed by; undefined where it gave no answer. */
export function d1Trouble(error: unknown): D1Trouble | undefined {
  const message = error instanceof Error ? error.message : ''
  return TROUBLES.find(([pattern]) => pattern.test(message))?.[1]
}
