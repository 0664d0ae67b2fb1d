/** How long a store or a source of secrets is waited for where nobody says otherwise. */
export const PATIENCE_MILLISECONDS = 5000

/** What a promise gives, or a `TimeoutError` where that takes longer. The work itself goes on: most cannot be ended. */
export function inTime<T>(value: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('no answer', 'TimeoutError')), milliseconds)
  })
  return Promise.race([value, late]).finally(() => clearTimeout(timer))
}
