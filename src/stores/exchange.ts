import type { Exchanged } from '../lib/exchange.ts'
import { exchange as exchangeOverHttp, tokenUrl } from '../lib/exchange.ts'
import { StoreError, unanswered } from '../model/store-error.ts'

/** Asks a store over HTTP; one that does not answer in time is `slow`, one that cannot be reached `down`. */
export async function exchange(store: string, ...asked: Parameters<typeof exchangeOverHttp>): Promise<Exchanged> {
  try {
    return await exchangeOverHttp(...asked)
  } catch (error) {
    throw unanswered(store, error)
  }
}

/** The URL of a store that is given a token: https, or this machine. Tells nothing of a text that is none. */
export function storeUrl(store: string, text: string): URL {
  const url = tokenUrl(text)
  if (url) return url
  throw new StoreError(store, 'refused', 'its URL begins with https://')
}
