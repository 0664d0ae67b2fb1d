/**
 * What keeps a store from doing what it was asked. `down`: no answer, or one that makes no sense. `slow`: none in time.
 * `busy`: too much at once; later it may do. `full`: no room. `refused`: it is there and does not let us, or is not set
 * up. `read-only`: it takes no writes. `unreadable`: what it holds was made by another, or by a later version.
 */
export type StoreTrouble = 'down' | 'slow' | 'busy' | 'full' | 'refused' | 'read-only' | 'unreadable'

/**
 * A store that could not be asked. The message is for an operator; it names the store and the trouble, and holds no id,
 * value, credential or URL.
 */
export class StoreError extends Error {
  override readonly name: string = 'StoreError'
  readonly store: string
  readonly trouble: StoreTrouble

  constructor(store: string, trouble: StoreTrouble, detail: string) {
    super(`${store}: ${detail}`)
    this.store = store
    this.trouble = trouble
  }
}

/** The class and code of what was thrown, never its message: that may hold what was asked for. */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  // What fetch throws says by its cause what happened.
  const { code } = (error.cause instanceof Error ? error.cause : error) as Error & { readonly code?: unknown }
  return typeof code === 'string' ? `${error.name} ${code}` : error.name
}

/** What a call that ended without an answer is told as. */
export function unanswered(store: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const isLate = error instanceof DOMException && error.name === 'TimeoutError'
  return isLate ? new StoreError(store, 'slow', 'no answer in time') : new StoreError(store, 'down', nameOfError(error))
}
