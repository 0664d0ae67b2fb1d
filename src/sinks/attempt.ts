import type { EpochSeconds } from '../model/access.ts'
import { nameOfError } from '../model/store-error.ts'
import { CLOUD_EVENT_TYPE } from './cloud-event.ts'
import { signatures } from './standard-webhooks.ts'

/** What is delivered: the same bytes under the same id at every attempt. */
export interface Message {
  readonly id: string
  readonly body: string
}

/** Where it is delivered, and by what. */
export interface Endpoint {
  readonly url: string
  /** What signs, newest first; asked at every attempt. */
  readonly secret: () => readonly string[]
  readonly fetch: typeof fetch
}

/**
 * What came of an attempt. `failed` may do later, `refused` never will, and of `gone` nothing more will be taken. `why`
 * tells nothing of what was sent or answered.
 */
export type Outcome =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused' | 'gone'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly retryAfterSeconds?: number }

/** Why a receiver is sent nothing more. */
export const GONE = 'it answered 410 Gone: nothing more is sent there until the next start'

/** Sends a message once. Never rejects. */
export async function attempt(
  message: Message,
  { url, secret, fetch: send }: Endpoint,
  at: EpochSeconds,
  patienceMilliseconds: number,
): Promise<Outcome> {
  try {
    const timestamp = Math.floor(at)
    const signature = await signatures(secret(), message.id, timestamp, message.body)
    if (signature === '') return { kind: 'failed', why: 'there is no secret to sign with' }
    const response = await send(url, {
      method: 'POST',
      headers: {
        'Content-Type': CLOUD_EVENT_TYPE,
        'User-Agent': 'latchkey',
        'webhook-id': message.id,
        'webhook-timestamp': String(timestamp),
        'webhook-signature': signature,
      },
      body: message.body,
      // Whoever it would lead to was not named by the operator.
      redirect: 'manual',
      signal: AbortSignal.timeout(patienceMilliseconds),
    })
    // The status says it all, and a body that nobody reads would hold the connection.
    response.body?.cancel().catch(() => undefined)
    return outcomeOf(response, at)
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    return { kind: 'failed', why: isLate ? 'no answer in time' : nameOfError(error) }
  }
}

function outcomeOf({ status, headers }: Response, at: EpochSeconds): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status === 410) return { kind: 'gone', why: GONE }
  const why = status >= 300 && status < 400 ? `status ${status}, and no redirect is followed` : `status ${status}`
  if (status < 500 && status !== 408 && status !== 429) return { kind: 'refused', why }
  const retryAfterSeconds = secondsUntil(headers.get('retry-after'), at)
  return { kind: 'failed', why, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
}

/** `Retry-After` (RFC 9110 10.2.3): seconds, or a date. */
function secondsUntil(field: string | null, at: EpochSeconds): number | undefined {
  if (field === null) return undefined
  if (/^\d{1,9}$/.test(field)) return Number(field)
  const date = Date.parse(field)
  return Number.isNaN(date) ? undefined : Math.max(0, date / 1000 - at)
}
