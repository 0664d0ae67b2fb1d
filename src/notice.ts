import type { Host } from './model/ports.ts'

/** Tells the operator something. The message is one line, and holds no secret. */
export function notice({ sink }: Pick<Host, 'sink'>, level: 'warn' | 'error', message: string): void {
  sink.write({ type: 'notice', level, message })
}

/** Tells the operator of each thing once: a client can repeat what it does as often as it likes. */
export function onceWarned(host: Pick<Host, 'sink'>): (message: string) => void {
  const told = new Set<string>()
  return (message) => {
    if (!told.has(message)) notice(host, 'warn', message)
    told.add(message)
  }
}
