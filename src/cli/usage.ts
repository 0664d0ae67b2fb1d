import { parseArgs } from 'node:util'

/** The command line was not understood: exit 2. */
export class UsageError extends Error {
  override name = 'UsageError'
}

/** A flag of a command, as citty describes it; `multiple` flags may be repeated. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly description: string
  readonly valueHint?: string
  readonly alias?: string
  readonly multiple?: boolean
}

export type Flags = Readonly<Record<string, Flag>>

/** What was given: every value of every flag. */
export interface Given {
  text(name: string): string | undefined
  texts(name: string): readonly string[]
  is(name: string): boolean
  readonly positionals: readonly string[]
}

/** Reads a command's flags strictly: citty passes over a misspelt one, which a gate must not. */
export function given(rawArgs: readonly string[], flags: Flags, positionals = 0): Given {
  const options = Object.fromEntries(
    Object.entries(flags).map(
      ([name, { type, alias }]) => [name, { type, multiple: true, ...(alias && { short: alias }) }] as const,
    ),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...rawArgs], options, allowPositionals: positionals > 0, strict: true })
  } catch (error) {
    const [message = ''] = (error as Error).message.replace(/\. To specify .*$/s, '').split('\n')
    throw new UsageError(message.replace(/'([^']*)'/g, (_, text: string) => `'${shown(text)}'`))
  }
  if (parsed.positionals.length > positionals)
    throw new UsageError(`Unexpected argument '${shown(parsed.positionals[positionals] ?? '')}'`)
  const texts = (name: string) => ((parsed.values[name] ?? []) as (string | boolean)[]).map(String)
  for (const [name, flag] of Object.entries(flags)) {
    if (!flag.multiple && texts(name).length > 1) throw new UsageError(`Option '--${name}' may be given once`)
  }
  return {
    texts,
    text: (name) => texts(name)[0],
    is: (name) => texts(name)[0] === 'true',
    positionals: parsed.positionals,
  }
}

/** The longest word that is no token: names of flags and keys are shorter, tokens longer. */
const MOST_SHOWN_CHARACTERS = 32

/** What was typed, as an error tells it. Somebody may have pasted a token, and errors end up in logs. */
export function shown(text: string): string {
  return text.length > MOST_SHOWN_CHARACTERS ? `${text.slice(0, 8)}...` : text
}
