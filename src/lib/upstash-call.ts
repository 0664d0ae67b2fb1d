import { exchange } from './exchange.ts'

/** What keeps Upstash from doing what it was asked, and the same in words for an operator. */
export type UpstashTrouble = readonly [
  trouble: 'down' | 'busy' | 'full' | 'refused' | 'read-only' | 'unreadable',
  detail: string,
]

export type UpstashAnswer = { readonly result: unknown } | { readonly trouble: UpstashTrouble }

/** Runs one command of Redis. Rejects as fetch does where nothing is answered. */
export type UpstashCall = (...command: readonly (string | number)[]) => Promise<UpstashAnswer>

/**
 * Calls Upstash Redis by its REST interface (https://upstash.com/docs/redis/features/restapi). What this caller wrote
 * itself it sees: each call sends back the `Upstash-Sync-Token` of the last one.
 */
export function upstashCaller(url: string, token: string, patienceMilliseconds: number): UpstashCall {
  let syncToken: string | null = null

  return async (...command) => {
    const sync = syncToken === null ? undefined : { 'Upstash-Sync-Token': syncToken }
    const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...sync }
    const init = { method: 'POST', headers, body: JSON.stringify(command) }
    const { status, headers: answered, body } = await exchange(url, init, patienceMilliseconds)
    syncToken = answered.get('upstash-sync-token') ?? syncToken
    if (typeof body !== 'object' || body === null) return { trouble: ['down', `status ${status}`] }
    if (status === 200 && 'result' in body) return { result: body.result }
    return { trouble: troubleOf(status, 'error' in body ? String(body.error) : '') }
  }
}

/** https://upstash.com/docs/redis/troubleshooting, and Redis's own. */
const TROUBLES: readonly (readonly [RegExp, ...UpstashTrouble])[] = [
  [/^OOM|capacity quota|record size/i, 'full', 'there is no room left'],
  [/max .*(?:requests?|connections?) (?:limit )?exceeded|^(?:BUSY|LOADING)/i, 'busy', 'too many requests'],
  [/^READONLY|^NOPERM/i, 'read-only', 'the token may only read'],
  [/^(?:WRONGPASS|NOAUTH)|unauthorized/i, 'refused', 'the token is not accepted'],
  [/^WRONGTYPE/i, 'unreadable', 'its keys hold what another program has written'],
]

function troubleOf(status: number, message: string): UpstashTrouble {
  const [, trouble, detail] = TROUBLES.find(([pattern]) => pattern.test(message)) ?? []
  if (trouble !== undefined && detail !== undefined) return [trouble, detail]
  if (status === 429) return ['busy', 'too many requests']
  return [status >= 400 && status < 500 ? 'refused' : 'down', `status ${status}`]
}
