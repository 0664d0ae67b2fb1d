import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A child process that answers each message by one of its own. */
export interface Child<Answer> {
  readonly pid: number
  ask(message: object): Promise<Answer>
  /** What it says by itself, next. */
  next(): Promise<Answer>
  stop(): void
}

/** Starts a module of `subjects/`; it ends with this process at the latest, as its channel closes then. */
export function start<Answer>(subject: string, args: readonly string[] = []): Child<Answer> {
  const path = fileURLToPath(new URL(`subjects/${subject}`, import.meta.url))
  const child = fork(path, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const next = () => nextMessage<Answer>(child)
  return {
    pid: child.pid as number,
    next,
    ask(message) {
      const answer = next()
      child.send(message)
      return answer
    },
    stop: () => child.disconnect(),
  }
}

function nextMessage<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`a child process ended with ${code}`))
    child.once('exit', ended)
    child.once('message', (message) => {
      child.off('exit', ended)
      resolve(message as Answer)
    })
  })
}
