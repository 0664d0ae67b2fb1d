import { encodeVisible } from '../lib/percent.ts'

/** What a store takes for a name, by which a key is also reserved. */
const MOST_CHARACTERS = 100
const MOST_BYTES = 240

/** A text in one visible line: control characters and runs of white space become one space. */
export function lineOf(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim()
}

/** A name that a key may have, as near to the text as it can be; empty where nothing of it is visible. */
export function nameOf(text: string): string {
  return cut(lineOf(text), MOST_CHARACTERS, MOST_BYTES)
}

/** The name that a key gets whose own is taken: `ci` becomes `ci (2)`. */
export function alternateName(name: string, number: number): string {
  const suffix = ` (${number})`
  return cut(name, MOST_CHARACTERS - suffix.length, MOST_BYTES - encodeVisible(suffix).length) + suffix
}

function cut(text: string, characters: number, bytes: number): string {
  const kept = Array.from(text).slice(0, characters)
  while (encodeVisible(kept.join('')).length > bytes) kept.pop()
  return kept.join('').trim()
}

/** Gives every key of an import a name of its own. */
export function uniqueNames(): (name: string) => string {
  const taken = new Set<string>()
  const next = new Map<string, number>()

  return (name) => {
    let given = name
    for (let number = next.get(name) ?? 2; taken.has(given); number++) {
      given = alternateName(name, number)
      next.set(name, number + 1)
    }
    taken.add(given)
    return given
  }
}
