import type { Flags } from './usage.ts'

/** A command: what it is for, and how it is run. Its module is loaded only when it is called. */
export interface Command {
  readonly description: string
  readonly positionals?: readonly string[]
  load(): Promise<{ flags: Flags; run: Run }>
}

/** Gives the exit code; undefined where the process lives on. */
export type Run = (rawArgs: readonly string[]) => number | undefined | Promise<number | undefined>

/** Commands under one name, as `latchkey keys create`. */
export interface Group {
  readonly description: string
  commands(): Promise<Commands>
}

export type Commands = Readonly<Record<string, Command | Group>>
