import type { Document } from '../../src/document.ts'

export const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
export const NOW = 1_780_000_000

/** A document that another host could have too: its last route is about whatever is judged. */
export const DOCUMENT: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'app',
      from: [{ header: 'authorization', scheme: 'bearer' }, { query: 'api_token' }],
      tokens: { secret: 'APP_TOKEN' },
      type: 'full-access',
    },
  ],
  routes: [{ path: '/api/open', public: true }, { path: '/api/orders/*' }, { path: '/*' }],
}

export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }

/** The fields that go on, by name; undefined where the request was answered. */
export function fieldsPassed(response: Response): Record<string, string> | undefined {
  const goesOn = response.headers.get('x-middleware-next') === '1' || response.headers.has('x-middleware-rewrite')
  if (!goesOn) return undefined
  const names = response.headers.get('x-middleware-override-headers')?.split(',') ?? []
  return Object.fromEntries(names.map((name) => [name, response.headers.get(`x-middleware-request-${name}`) ?? '']))
}

/** A request as Next hands it over. */
export function nextRequest(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  pathname = new URL(url).pathname,
): Request & { nextUrl: URL } {
  const nextUrl = new URL(url)
  nextUrl.pathname = pathname
  return Object.assign(new Request(url, { headers }), { nextUrl })
}
