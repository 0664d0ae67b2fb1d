const REDACTED = '[redacted]'

/**
 * A secret value that cannot be printed by accident: `toString`, `toJSON` and Node's `inspect` all give `[redacted]`.
 * `reveal()` is the only way to the text.
 */
export class Secret {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  reveal(): string {
    return this.#text
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }
}

// `node:util` looks this symbol up; it is in the global registry, so no Node import is needed.
Object.defineProperty(Secret.prototype, Symbol.for('nodejs.util.inspect.custom'), { value: () => REDACTED })

/** One trailing newline is dropped, as editors and `echo` add one; nothing else is trimmed. Empty: not configured. */
export function secretValues(text: string | undefined): readonly string[] {
  const value = text?.replace(/\r?\n$/, '')
  return value ? [value] : []
}
