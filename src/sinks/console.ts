import type { Sink } from '../model/ports.ts'

/** One JSON line an event, by the console: what Workers Logs, CloudWatch, Vercel and a process supervisor read. */
export function consoleSink(): Sink {
  return { write: (event) => console.log(JSON.stringify(event)) }
}
