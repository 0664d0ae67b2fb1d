import type { Host } from './model/ports.ts'

/** Tells the operator something. The message is one line, and holds no secret. */
export function notice({ sink }: Pick<Host, 'sink'>, level: 'warn' | 'error', message: string): void {
  sink.write({ type: 'notice', level, message })
}
