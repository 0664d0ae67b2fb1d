import type { Settings, Slot } from './config.ts'
import { slotsOf } from './config.ts'

/** Where allowed requests go: only hosts that send them on read it. */
export interface OriginSettings {
  readonly url: string | undefined
  /** A Worker's fetcher, or a variable that holds the URL. */
  readonly binding: string | undefined
  /** Send the incoming URL on: a Worker on a route of a zone with its own DNS origin. */
  readonly zone: boolean
  readonly headers: ReadonlyMap<string, readonly Slot[]>
  /** To the head of the response. */
  readonly timeoutSeconds: number
}

/** What a document says of its origin; undefined: nothing. */
export function originSettings({ document: { origin } }: Settings): OriginSettings | undefined {
  if (origin === undefined) return undefined
  const long = typeof origin === 'string' ? { url: origin } : origin
  const headers = Object.entries(long.headers ?? {})
  return {
    url: long.url?.replace(/\/$/, ''),
    binding: long.binding,
    zone: long.zone === true,
    headers: new Map(headers.map(([name, secrets]) => [name.toLowerCase(), slotsOf(secrets)])),
    timeoutSeconds: long.timeoutSeconds ?? 30,
  }
}
