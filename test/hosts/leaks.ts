import type { Vector } from './vector.ts'

/** Shorter values are found by chance. */
const FEWEST_CHARACTERS = 8

/**
 * Throws where a secret of the row, or what it hides, stands in a text: as it is, percent-encoded, or in base64url, as a subprotocol
 * carries it. The message names the secret and never shows it.
 */
export function noSecretIn(text: string, vector: Pick<Vector, 'name' | 'secrets'> & Partial<Vector>): void {
  for (const [name, secret] of Object.entries({ ...vector.secrets, ...vector.hidden })) {
    const value = secret.replace(/\r?\n$/, '')
    if (value.length < FEWEST_CHARACTERS) continue
    if (formsOf(value).some((form) => text.includes(form))) throw new Error(`${vector.name}: secret ${name} was told`)
  }
}

/** A text in every form in which these hosts could write it. */
function formsOf(value: string): string[] {
  return [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1), base64Url(value)]
}

function base64Url(value: string): string {
  const bytes = Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join('')
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
