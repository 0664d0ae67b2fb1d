import { isLoopbackHost } from '../lib/host.ts'
import { StoreError, unanswered } from '../model/store-error.ts'

/** What a store that is asked over HTTP answered. */
export interface Exchanged {
  readonly status: number
  readonly headers: Headers
  /** Undefined where it is no JSON. */
  readonly body: unknown
}

/** Asks a store over HTTP; one that does not answer in time is `slow`, one that cannot be reached `down`. */
export async function exchange(
  store: string,
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: string },
  patienceMilliseconds: number,
): Promise<Exchanged> {
  try {
    // A redirect is answered by nobody we know: it would be told of our token.
    const options = { ...init, redirect: 'manual' as const, signal: AbortSignal.timeout(patienceMilliseconds) }
    const response = await fetch(url, options)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: parsed(text) }
  } catch (error) {
    throw unanswered(store, error)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The URL of a store that is given a token: https, or this machine. Tells nothing of a text that is none. */
export function storeUrl(store: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.host)))) return url
  throw new StoreError(store, 'refused', 'its URL begins with https://')
}
