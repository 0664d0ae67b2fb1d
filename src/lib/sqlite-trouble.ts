/** What keeps a file from being used, and the same in words for an operator. */
export type SqliteTrouble = readonly [
  trouble: 'unreadable' | 'refused' | 'busy' | 'read-only' | 'full' | 'down',
  detail: string,
]

/** Thrown where SQLite itself finds nothing wrong. */
export class Unusable extends Error {
  readonly trouble: SqliteTrouble

  constructor(trouble: SqliteTrouble) {
    super(trouble[1])
    this.trouble = trouble
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that mean something to an operator. */
const TROUBLES: Readonly<Record<number, SqliteTrouble>> = {
  1: ['unreadable', 'the file holds other tables than ours'],
  3: ['refused', 'the file may not be opened'],
  5: ['busy', 'another process is writing'],
  6: ['busy', 'another connection is writing'],
  8: ['read-only', 'the file may only be read'],
  10: ['down', 'the file cannot be read or written'],
  11: ['unreadable', 'the file is damaged'],
  13: ['full', 'there is no room left'],
  14: ['down', 'the file cannot be opened'],
  26: ['unreadable', 'the file is no SQLite database'],
}

/** What a call of SQLite, or the opening of its file, has failed by; undefined where it was neither. */
export function sqliteTrouble(error: unknown): SqliteTrouble | undefined {
  if (error instanceof Unusable) return error.trouble
  const { errcode, code, syscall } = error as { errcode?: number; code?: string; syscall?: string }
  if (errcode !== undefined) return TROUBLES[errcode & 0xff]
  if (syscall === undefined) return undefined
  const detail = `the file cannot be opened: ${code}`
  return [code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'refused' : 'down', detail]
}
