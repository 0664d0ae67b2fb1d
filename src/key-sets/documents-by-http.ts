import type { IncomingMessage } from 'node:http'
import { maxAgeIn } from '../lib/cache-control.ts'
import { nodeHttp } from '../lib/node-http.ts'
import type { FetchDocument, Fetched } from '../model/ports.ts'

/** Documents by Node's own HTTP, which starts in a tenth of the time that its `fetch` takes. */
export const byHttp: FetchDocument = (url, { bytes, milliseconds }) =>
  new Promise((resolve, reject) => {
    const request = nodeHttp(url).get(url, { headers: { Accept: 'application/json' } })
    const late = () => request.destroy(new DOMException('no answer', 'TimeoutError'))
    const timer = setTimeout(late, milliseconds)
    request.on('response', (response) => documentIn(response, bytes).then(resolve, reject))
    request.on('error', reject)
    request.on('close', () => clearTimeout(timer))
  })

async function documentIn(response: IncomingMessage, bytes: number): Promise<Fetched> {
  const chunks: Buffer[] = []
  let left = bytes
  for await (const chunk of response as AsyncIterable<Buffer>) {
    left -= chunk.length
    if (left < 0) throw new RangeError('the document is too large')
    chunks.push(chunk)
  }
  const { 'cache-control': cacheControl, age } = response.headers
  const status = response.statusCode as number
  return { status, body: Buffer.concat(chunks).toString(), maxAgeSeconds: maxAgeIn(cacheControl, age) }
}
