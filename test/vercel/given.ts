import { createRequire } from 'node:module'
import { resolve } from 'node:path'
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

/** How Next's configuration has a request read. */
export interface NextConfig {
  readonly basePath?: string
  readonly i18n?: { readonly locales: readonly string[]; readonly defaultLocale: string }
}

/** A request of Next's, as far as a test looks at it. */
export interface NextRequest extends Request {
  readonly nextUrl: URL & { clone(): URL; readonly locale: string }
  readonly cookies: {
    get(name: string): { readonly value: string } | undefined
    set(name: string, value: string): unknown
  }
}

interface NextServer {
  readonly NextRequest: new (url: string, init: object) => NextRequest
  readonly NextResponse: {
    next(init?: object): Response
    rewrite(url: URL | string, init?: object): Response
    redirect(url: URL | string): Response
  }
}

/** Next's own classes. */
export const { NextRequest: OwnRequest, NextResponse } = createRequire(resolve('e2e/next/package.json'))(
  'next/server',
) as NextServer

/** A request as Next hands it over. */
export function nextRequest(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  nextConfig: NextConfig = {},
): NextRequest {
  return new OwnRequest(url, { headers, nextConfig })
}
