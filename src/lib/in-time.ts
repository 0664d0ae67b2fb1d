/** How long a store or a source of secrets is waited for where nobody says otherwise. */
export const PATIENCE_MILLISECONDS = 5000

/**
 * What a promise gives, or a `TimeoutError` where that takes longer. The work itself goes on: most cannot be ended. The
 * time is told in beats, of which a process misses but one while it is frozen, as a Lambda function is between its calls.
 */
export function inTime<T>(value: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setInterval> | undefined
  let beats = 5
  const late = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      if (--beats === 0) reject(new DOMException('no answer', 'TimeoutError'))
    }, milliseconds / beats)
  })
  return Promise.race([value, late]).finally(() => clearInterval(timer))
}
