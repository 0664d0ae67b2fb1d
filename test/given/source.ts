import type { SecretSource } from '../../src/model/ports.ts'

/** A source of secrets that a test turns on and off, and whose answers it can hold back. */
export interface TestSource extends SecretSource {
  /** The names that were asked for, in order. */
  readonly asked: string[]
  readonly values: Record<string, string[]>
  /** The names that cannot be read. */
  readonly down: Set<string>
  rereadable?: boolean
  /** Answers at once, later, or only when `release` is called. */
  answers: 'now' | 'later' | 'held'
  /** Lets everything go that was held back, and waits until it has arrived. */
  release(): Promise<void>
}

export function sourceOf(values: Readonly<Record<string, readonly string[]>>): TestSource {
  const held: (() => void)[] = []
  const source: TestSource = {
    asked: [],
    values: Object.fromEntries(Object.entries(values).map(([name, list]) => [name, [...list]])),
    down: new Set(),
    answers: 'now',
    get(name) {
      source.asked.push(name)
      if (source.answers === 'now') return answer(name)
      if (source.answers === 'later') return Promise.resolve().then(() => answer(name))
      return new Promise((resolve, reject) => {
        held.push(() => {
          try {
            resolve(answer(name))
          } catch (error) {
            reject(error)
          }
        })
      })
    },
    async release() {
      for (const go of held.splice(0)) go()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
  return source

  function answer(name: string): readonly string[] {
    if (source.down.has(name)) throw Object.assign(new Error(`cannot read ${values[name]}`), { code: 'EACCES' })
    return source.values[name] ?? []
  }
}
