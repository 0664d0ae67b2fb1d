import { maxAgeIn } from '../lib/cache-control.ts'
import { fetchNow } from '../lib/fetch-now.ts'
import type { FetchDocument } from '../model/ports.ts'

/** Documents by the runtime's `fetch`. */
export const byFetch: FetchDocument = async (url, { bytes, milliseconds }) => {
  // A redirect leads to somebody whom nobody has named.
  const signal = AbortSignal.timeout(milliseconds)
  const { status, headers, body } = await fetchNow(url, {
    redirect: 'manual',
    signal,
    headers: { Accept: 'application/json' },
  })
  const text = new TextDecoder()
  const reader = body?.getReader()
  let [read, left] = ['', bytes]
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true }
    if (done) break
    left -= value.length
    if (left < 0) {
      await reader?.cancel()
      throw new RangeError('the document is too large')
    }
    read += text.decode(value, { stream: true })
  }
  return {
    status,
    body: read + text.decode(),
    maxAgeSeconds: maxAgeIn(headers.get('cache-control'), headers.get('age')),
  }
}
