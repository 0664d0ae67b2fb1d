import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import { coverageOf } from '../../../src/cli/vercel/coverage.ts'
import type { Routing, Rule } from '../../../src/cli/vercel/matcher.ts'
import { NO_ROUTING, nextRules, routedPath, vercelRules } from '../../../src/cli/vercel/matcher.ts'
import type { Written } from '../../../src/cli/vercel/source.ts'

/** Next's own functions, of the version that the tests build an app with. */
const next = createRequire(new URL('../../../e2e/next/package.json', import.meta.url))
const { getMiddlewareMatchers } = next('next/dist/build/analysis/get-page-static-info.js') as {
  getMiddlewareMatchers(matcher: Written, config: unknown): readonly { readonly regexp: string }[]
}
const { getMiddlewareRouteMatcher } = next('next/dist/shared/lib/router/utils/middleware-route-matcher.js') as {
  getMiddlewareRouteMatcher(
    matchers: readonly unknown[],
  ): (path: string, request: unknown, query: Readonly<Record<string, string>>) => boolean
}

const MATCHERS: readonly Written[] = [
  '/',
  '/about',
  '/about/:path',
  '/about/:path*',
  '/about/:path+',
  '/about/(.*)',
  '/:path*',
  '/(.*)',
  ['/api/:path*', '/_latchkey/:path*'],
  ['/', '/(api|trpc)(.*)'],
  '/((?!_next/static/|favicon\\.ico$).*)',
  '/((?!api|_next/static|_next/image|favicon.ico).*)',
  '/((?!.+\\.[\\w]+$|_next).*)',
  '/((?!_next/static|_next/image|favicon.ico|.*\\.(?:svg|png|jpg|jpeg|gif|webp)$).*)',
  '/((?!_next|[^?]*\\.(?:html?|css|js(?!on)|jpe?g|webp|png|gif|svg|ttf|woff2?|ico|csv|docx?|xlsx?|zip|webmanifest)).*)',
  '/:lang(en|fr)/admin/:path*',
  '/files/:name.:ending',
  '/a{/:b}?/c',
  '/:path(\\d+)',
  '/dash-:id',
  [{ source: '/admin/:path*', locale: false }],
  [{ source: '/en/admin/:path*', locale: false }],
  [{ source: '/' }],
  [{ source: '/api/:path*', missing: [{ type: 'header', key: 'next-router-prefetch' }] }],
]

const NAMES = [
  ...[
    '/',
    '/about',
    '/about/',
    '/about/a',
    '/about/a/b',
    '/api',
    '/api/',
    '/api/orders',
    '/api/orders/7',
    '/API/orders',
  ],
  ...[
    '/apix',
    '/admin',
    '/admin/x',
    '/en',
    '/en/',
    '/en/admin/x',
    '/fr/admin',
    '/fr/api/orders',
    '/de/admin',
    '/trpc/x',
  ],
  ...[
    '/favicon.ico',
    '/favicon.icon',
    '/logo.png',
    '/api/files/logo.png',
    '/_next/static/a.js',
    '/_next/image',
    '/index',
  ],
  ...[
    '/about.json',
    '/about.rsc',
    '/about.segments/_tree.segment.rsc',
    '/about.segments/$c$children/__PAGE__.segment.rsc',
  ],
  ...['/index.rsc', '/index.json', '/index.segments/_tree.segment.rsc', '/_next/data/BUILD/about.json'],
  ...[
    '/_next/data/BUILD/en/about.json',
    '/_next/data/BUILD/index.json',
    '/_next/data/BUILD/en.json',
    '/_latchkey/whoami',
  ],
  ...[
    '/files/a.b',
    '/a/c',
    '/a/b/c',
    '/123',
    '/dash-1',
    '/%61bout',
    '/about%2Fa',
    '/about/%E2%82%AC',
    '/a%',
    '/about//a',
  ],
]

const ROUTINGS: Readonly<Record<string, Routing>> = {
  'no configuration': NO_ROUTING,
  'a base path': { ...NO_ROUTING, basePath: '/shop' },
  locales: { basePath: '', locales: ['en', 'fr'], defaultLocale: 'en' },
  'locales and a base path': { basePath: '/shop', locales: ['en', 'fr'], defaultLocale: 'en' },
}

function configOf({ basePath, locales, defaultLocale }: Routing) {
  return { basePath, ...(locales.length > 0 && { i18n: { locales, defaultLocale } }) }
}

/** As Next does it, which looks at a path as it came and decoded. */
function isTakenByNext(matcher: Written, routing: Routing, path: string): boolean {
  const matches = getMiddlewareRouteMatcher(getMiddlewareMatchers(matcher, configOf(routing)))
  let decoded = path
  try {
    decoded = decodeURIComponent(path)
  } catch {
    // Then the path as it came is all that counts.
  }
  return [path, decoded].some((each) => matches(each, { headers: {} }, {}))
}

function rules(matcher: Written, routing = NO_ROUTING): readonly Rule[] {
  const compiled = nextRules(matcher, routing)
  if ('fault' in compiled) throw new Error(compiled.fault)
  return compiled
}

describe('a matcher of Next', () => {
  describe.each(Object.entries(ROUTINGS))('with %s', (_, routing) => {
    it.each(MATCHERS.map((matcher) => [matcher] as const))('%j is compiled to the same text', (matcher) => {
      const theirs = getMiddlewareMatchers(matcher, configOf(routing)).map(({ regexp }) => regexp)
      expect(rules(matcher, routing).map(({ pattern }) => pattern.source)).toEqual(theirs)
    })

    it.each(MATCHERS.map((matcher) => [matcher] as const))('%j takes the same paths', (matcher) => {
      const compiled = rules(matcher, routing)
      for (const path of [...NAMES, ...NAMES.map((each) => `/shop${each}`)]) {
        expect([path, coverageOf(compiled, path) !== 'never']).toEqual([path, isTakenByNext(matcher, routing, path)])
      }
    })
  })

  it.each<readonly [Written, RegExp]>([
    ['about', /does not begin with/],
    ['/:', /./],
    [['/about', '/a(b'], /./],
    [{ source: '/about' }, /neither a path nor a list/],
    [[{ has: [] }], /without a source/],
    [[{ source: '/about', locale: true }], /locale/],
    [[{ source: '/about', methods: ['GET'] }], /"methods"/],
    [[{ source: '/about', has: { type: 'header', key: 'x' } }], /"has"/],
    [[7], /no path/],
    [true, /neither/],
    [`/${'a'.repeat(4096)}`, /too long/],
  ])('%j is refused', (matcher, fault) => {
    expect(nextRules(matcher, NO_ROUTING)).toEqual({ fault: expect.stringMatching(fault) })
  })

  it('takes nothing where its list is empty', () => {
    expect(coverageOf(rules([]), '/api')).toBe('never')
  })

  it('is matched by source, whatever its regexp says', () => {
    const [rule] = rules([{ source: '/about', regexp: '^/.*$' }])
    expect([rule?.hasRegexp, coverageOf(rule && [rule], '/other')]).toEqual([true, 'never'])
  })
})

describe('a matcher that asks for more than the path', () => {
  const prefetch = { type: 'header', key: 'next-router-prefetch' }
  const purpose = { type: 'header', key: 'purpose', value: 'prefetch' }

  it.each<readonly [string, Written, string]>([
    ['the recipe that leaves prefetches out', [{ source: '/api/:path*', missing: [prefetch] }], 'sometimes'],
    [
      'a header that is asked for',
      [{ source: '/api/:path*', has: [{ type: 'header', key: 'authorization' }] }],
      'sometimes',
    ],
    ['beside one that asks for nothing', [{ source: '/api/:path*', missing: [prefetch] }, '/api/:path*'], 'always'],
    ['empty lists', [{ source: '/api/:path*', has: [], missing: [] }], 'always'],
    [
      'with and without',
      [
        { source: '/api/:path*', missing: [prefetch] },
        { source: '/api/:path*', has: [{ ...prefetch, key: 'Next-Router-Prefetch' }] },
      ],
      'always',
    ],
    [
      'all four of two',
      [
        { source: '/api/:path*', missing: [prefetch, purpose] },
        { source: '/api/:path*', has: [prefetch, purpose] },
        { source: '/api/:path*', has: [prefetch], missing: [purpose] },
        { source: '/api/:path*', has: [purpose], missing: [prefetch] },
      ],
      'always',
    ],
    [
      'three of four of two',
      [
        { source: '/api/:path*', missing: [prefetch, purpose] },
        { source: '/api/:path*', has: [prefetch, purpose] },
        { source: '/api/:path*', has: [prefetch], missing: [purpose] },
      ],
      'sometimes',
    ],
    [
      'a value implies that the field is there',
      [
        { source: '/api/:path*', missing: [{ type: 'header', key: 'purpose' }] },
        { source: '/api/:path*', has: [purpose] },
        { source: '/api/:path*', has: [{ type: 'header', key: 'purpose' }], missing: [purpose] },
      ],
      'always',
    ],
    ['a host', [{ source: '/api/:path*', has: [{ type: 'host', value: 'app.example' }] }], 'sometimes'],
    [
      'more conditions than are tried',
      [
        {
          source: '/api/:path*',
          missing: Array.from({ length: 11 }, (_, key) => ({ type: 'header', key: `h${key}` })),
        },
      ],
      'sometimes',
    ],
  ])('%s', (_, matcher, coverage) => {
    expect(coverageOf(rules(matcher), '/api/orders')).toBe(coverage)
  })
})

describe('the path by which Next looks', () => {
  const routing = { basePath: '/shop', locales: ['en', 'fr'], defaultLocale: 'en' }

  it.each([
    ['/shop/admin', '/shop/en/admin'],
    ['/shop', '/shop/en'],
    ['/shop/fr/admin', '/shop/fr/admin'],
    ['/shop/FR/admin', '/shop/FR/admin'],
    ['/other', '/en/other'],
    ['/shop/_next/data/BUILD/fr/admin.json', '/shop/_next/data/BUILD/fr/admin.json'],
  ])('of %s is %s', (path, seen) => {
    expect(routedPath(path, routing)).toBe(seen)
  })

  it('is the path itself without locales', () => {
    expect(routedPath('/shop/admin', { ...NO_ROUTING, basePath: '/shop' })).toBe('/shop/admin')
  })
})

describe('a matcher of any other framework', () => {
  function coverage(matcher: Written, path: string): string {
    const compiled = vercelRules(matcher)
    if ('fault' in compiled) throw new Error(compiled.fault)
    return coverageOf(compiled, path)
  }

  it.each<readonly [Written, string, string]>([
    ['/api/:path*', '/api', 'always'],
    ['/api/:path*', '/api/orders', 'always'],
    ['/api/:path*', '/apix', 'never'],
    ['/api', '/api.rsc', 'never'],
    [['/a', '/b'], '/b/', 'always'],
    ['/', '/index', 'always'],
    ['/', '/other', 'never'],
  ])('%j and %s: %s', (matcher, path, expected) => {
    expect(coverage(matcher, path)).toBe(expected)
  })

  it('takes no objects', () => {
    expect(vercelRules([{ source: '/api' }])).toEqual({ fault: expect.stringContaining('only Next takes objects') })
  })
})
