/** The value, or a `TimeoutError` where it is not there in time. */
export function inTime<T>(value: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('no answer', 'TimeoutError')), milliseconds)
  })
  return Promise.race([value, late]).finally(() => clearTimeout(timer))
}
