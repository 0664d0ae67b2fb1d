import { request } from 'node:http'

export interface Sent {
  readonly method?: string
  /** In order; a name may be repeated. One character is one byte. */
  readonly headers?: readonly (readonly [string, string])[]
  readonly body?: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
  /** Of a refusal in the default dialect: its reason. */
  readonly reason: string | undefined
}

/** Sends a request as it is written: no default headers, no merging, no redirects, as `fetch` would add them. */
export function send(url: string, { method = 'GET', headers = [], body }: Sent = {}): Promise<Answer> {
  const { hostname, port, host } = new URL(url)
  const path = url.slice(url.indexOf(host) + host.length) || '/'
  const length = body === undefined ? [] : [['Content-Length', String(Buffer.byteLength(body))] as const]
  const fields = [['Host', host] as const, ...headers, ...length].flat()
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method, headers: fields, agent: false }, async (response) => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      const reason =
        response.headers['content-type'] === 'application/problem+json' ? JSON.parse(text).reason : undefined
      resolve({ status: response.statusCode as number, headers: response.headers, body: text, reason })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
