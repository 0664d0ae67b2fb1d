/** Node loads `performance`, and streams and sockets with it, at its first touch; this clock is always there. */
export function milliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1e3 + nanoseconds / 1e6
}
