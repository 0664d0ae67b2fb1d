import type { Settings } from './config.ts'
import { slotsIn } from './config.ts'
import { inTime, PATIENCE_MILLISECONDS } from './lib/in-time.ts'
import type { Maybe } from './lib/maybe.ts'
import { isLater } from './lib/maybe.ts'
import { Secret } from './lib/secret.ts'
import type { EpochSeconds } from './model/access.ts'
import type { Host } from './model/ports.ts'
import { notice } from './notice.ts'

/** What is known of one secret: its values, newest first, and when they were last read. */
export interface Reading {
  readonly values: readonly Secret[]
  readonly readAt: EpochSeconds
  /** Whether the source could not be asked the last time. */
  readonly failed: boolean
}

export type Readings = ReadonlyMap<string, Reading>

/** Where a secret stands decides which characters it may have. */
type Use = 'token' | 'header' | 'text'

/** Where credentials hold what is printed and sent: the tokens of one kind, and the gateways' keys of another. */
type Written = readonly { readonly tokens?: unknown; readonly gateways?: unknown }[]

/** The secrets that a document names, and what each is used for. */
export function secretUses({ document }: Settings): ReadonlyMap<string, Use> {
  const names = (place: unknown, use: Use) => slotsIn(place).map(({ name }): [string, Use] => [name, use])
  // The narrowest use of a secret that is named twice is the last.
  return new Map([
    ...names(document, 'text'),
    ...names(document.origin, 'header'),
    ...names(
      [document.proxies, (document.credentials as Written).map((each) => [each.tokens, each.gateways])],
      'token',
    ),
  ])
}

export function isUnchanged(before: Reading | undefined, now: Reading | undefined): boolean {
  const texts = (reading: Reading | undefined) => reading?.values.map((value) => value.reveal()).join('\n')
  return texts(before) === texts(now) && before?.failed === now?.failed
}

/**
 * Reads one secret. Where the source cannot be asked its old values stay until `staleAfter`; where a value has a
 * character that its place cannot hold, they stay too, and the log says so.
 */
export function readSecret(
  name: string,
  use: Use,
  before: Reading | undefined,
  at: EpochSeconds,
  settings: Settings,
  host: Host,
): Maybe<Reading> {
  const failed = (error: unknown): Reading => {
    if (!before?.failed) notice(host, 'error', `secret ${name} cannot be read: ${nameOfError(error)}`)
    if (!before) return { values: [], readAt: at, failed: true }
    return { values: at < staleAfter(before, settings) ? before.values : [], readAt: before.readAt, failed: true }
  }
  const read = (texts: readonly string[]): Reading => {
    const [fault] = texts.flatMap((text) => faultOf(text, use) ?? [])
    if (!fault) {
      const known = new Set(before?.values.map((value) => value.reveal()))
      for (const text of use === 'header' ? [] : texts) {
        const weakness = known.has(text) ? undefined : weaknessOf(text)
        const maker = use === 'token' ? use : 'pepper'
        if (weakness) notice(host, 'warn', `secret ${name} ${weakness}; make one with: latchkey ${maker}`)
      }
      return { values: texts.map((text) => new Secret(text)), readAt: at, failed: false }
    }
    const values = before?.values ?? []
    const consequence = values.length ? 'its old value stays' : 'it counts as not configured'
    notice(host, 'error', `secret ${name} ${fault}; ${consequence}`)
    return { values, readAt: at, failed: false }
  }
  try {
    const texts = host.secrets.get(name)
    // A source that does not answer is down: secrets that are known count on, and are not waited for.
    return isLater(texts) ? inTime(texts, PATIENCE_MILLISECONDS).then(read).catch(failed) : read(texts)
  } catch (error) {
    return failed(error)
  }
}

/** Until when a reading counts while its source is down. */
export function staleAfter(reading: Reading, settings: Settings): EpochSeconds {
  return reading.readAt + settings.secretsSeconds + settings.staleSeconds
}

/** An error's class and code, never its message: that may hold what was asked for. */
export function nameOfError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  return 'code' in error && typeof error.code === 'string' ? `${error.name} ${error.code}` : error.name
}

/** What is wrong with a value, in words that do not tell it; undefined where its place can hold it. */
export function faultOf(text: string, use: Use): string | undefined {
  if (use === 'text') return undefined
  if (use === 'header') return /^[\x20-\x7e]*$/.test(text) ? undefined : 'has a character that no header can hold'
  return /^[\x21-\x2b\x2d-\x7e]*$/.test(text) ? undefined : 'has a space, a comma or a character outside ASCII'
}

const PLACEHOLDER = /^(?:change[-_ ]?me|secret|token|password|example|placeholder|test|todo|x+|your[-_].*)$/
const FEWEST_CHARACTERS = 16

/** What is weak about a token, in words that do not tell it. */
export function weaknessOf(text: string): string | undefined {
  // A pattern that ignores case takes a cold start longer to compile than the whole comparison takes.
  if (PLACEHOLDER.test(text.toLowerCase())) return 'is a placeholder'
  return text.length < FEWEST_CHARACTERS ? `has fewer than ${FEWEST_CHARACTERS} characters` : undefined
}
