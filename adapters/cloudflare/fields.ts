import type { Field } from '../../src/http/hop-by-hop.ts'

/**
 * Makes a runtime's headers those of a list. What is the same in both is not touched: a script reads a byte that is no
 * UTF-8 as U+FFFD, and what it writes again is no longer what was sent.
 */
export function setFields(headers: Headers, fields: readonly Field[]): void {
  const wanted = new Map<string, string>()
  for (const [name, value] of fields) {
    const key = name.toLowerCase()
    const before = wanted.get(key)
    wanted.set(key, before === undefined ? value : `${before}, ${value}`)
  }
  const isSame = (name: string) => headers.get(name) === wanted.get(name)
  const same = new Set(Array.from(wanted.keys()).filter(isSame))
  for (const name of [...headers.keys()]) if (!same.has(name)) headers.delete(name)
  for (const [name, value] of fields) if (!same.has(name.toLowerCase())) headers.append(name, value)
}
