import { fetchNow } from './fetch-now.ts'
import { isLoopbackHost } from './host.ts'

/** What a service that is asked over HTTP answered. */
export interface Exchanged {
  readonly status: number
  readonly headers: Headers
  /** Undefined where it is no JSON. */
  readonly body: unknown
}

/** Asks a service over HTTP. Rejects as fetch does, and with a `TimeoutError` where no whole answer comes in time. */
export async function exchange(
  url: string,
  init: { method?: string; headers: Record<string, string>; body?: string },
  patienceMilliseconds: number,
): Promise<Exchanged> {
  // A redirect is answered by nobody we know: it would be told of our token.
  const options = { ...init, redirect: 'manual' as const, signal: AbortSignal.timeout(patienceMilliseconds) }
  const response = await fetchNow(url, options)
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: parsed(text) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The URL of a service that is given a token: https, or this machine. Undefined where the text is none. */
export function tokenUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.host))
  return isSafe ? url : undefined
}
