import { describe, expect, it } from 'vitest'
import { checkProject } from '../../../src/cli/vercel/check-project.ts'
import { configLine } from '../../../src/cli/vercel/implied.ts'
import type { Project } from '../../../src/cli/vercel/project.ts'
import { projectIn } from '../../../src/cli/vercel/project.ts'
import type { Document } from '../../../src/document.ts'
import { segmentsOf } from '../../../src/lib/path.ts'
import { validate } from '../../../src/validate.ts'
import { vectors } from '../../hosts/vector.ts'
import type { Files } from './given.ts'
import { API, APP, projectOf, SITE, settings, WHOLE_APP, withMatcher } from './given.ts'

/** Every document of the decision table that is one, those of single rows too. */
const DOCUMENTS = Array.from(
  new Map(
    vectors().map(({ document }) => [JSON.stringify([document.base, document.routes]), document] as const),
  ).values(),
).filter((document) => validate(document).ok)

const LOCALES = "export default { i18n: { locales: ['en', 'fr'], defaultLocale: 'en' } }\n"

function project(files: Files): Project {
  const found = projectIn(projectOf(files))
  if (!found) throw new Error('no project')
  return found
}

function scoped(scope: readonly string[]): Files {
  const text = `import { latchkey } from 'latchkey/next'\nexport const { proxy } = latchkey({ document, scope: ${JSON.stringify(scope)} })\n`
  return { ...APP, 'proxy.ts': text }
}

/** The first segments of what is protected, which a scope may be made of. */
function scopeOf({ routes }: Document): string[] {
  const firsts = routes.flatMap(({ path, public: isPublic }) => {
    const [first = ''] = segmentsOf(path)
    return isPublic || /^[:*]|^$/.test(first) ? [] : [`/${decodeURIComponent(first)}`]
  })
  const simple = firsts.filter((each) => /^\/[\w-]+$/.test(each))
  return simple.length > 0 ? Array.from(new Set(simple)) : ['/api']
}

function codes(document: Document, files: Files): string[] {
  const { findings } = checkProject(settings(document), project(files))
  return findings.filter(({ code }) => code.startsWith('matcher-') || code === 'own-unmatched').map(({ code }) => code)
}

describe('the matcher that a document implies', () => {
  it('is tried with the documents of the decision table', () => {
    expect(DOCUMENTS.length).toBeGreaterThan(40)
  })

  it.each([
    ['', {}],
    [' with locales', { 'next.config.ts': LOCALES }],
  ])('has no gap under a scope%s, whatever the document', (_, more) => {
    for (const document of DOCUMENTS) {
      const files = { ...scoped(scopeOf(document)), ...more }
      const { matcher } = checkProject(settings(document), project(files))
      expect(matcher?.length).toBeGreaterThan(0)
      expect([document.routes, codes(document, withMatcher(files, JSON.stringify(matcher)))]).toEqual([
        document.routes,
        [],
      ])
    }
  })

  it.each([
    ['', {}],
    [' with locales', { 'next.config.ts': LOCALES }],
  ])('has no gap where everything is judged%s', (_, more) => {
    let offered = 0
    for (const document of DOCUMENTS) {
      const files = { ...WHOLE_APP, ...more }
      const { matcher, withoutFiles } = checkProject(settings(document), project(files))
      expect(matcher).toBeNull()
      if (!withoutFiles) continue
      offered++
      expect([document.routes, codes(document, withMatcher(files, JSON.stringify(withoutFiles)))]).toEqual([
        document.routes,
        [],
      ])
    }
    expect(offered).toBeGreaterThan(DOCUMENTS.length / 2)
  })

  const cases: readonly (readonly [string, Files, Document, readonly string[] | null])[] = [
    ['names the scope and the own endpoints', APP, API, ['/api/:path*', '/_latchkey/:path*']],
    ['names each of several', scoped(['/api', '/admin']), API, ['/api/:path*', '/admin/:path*', '/_latchkey/:path*']],
    [
      'names nothing twice',
      scoped(['/api', '/api/orders', '/api']),
      { ...API, base: '/api/latchkey' },
      ['/api/:path*'],
    ],
    ['is none where everything is judged', WHOLE_APP, SITE, null],
    ['is none for a scope of everything', scoped(['/']), SITE, null],
    [
      'escapes what is more than a letter',
      scoped(['/a+b']),
      { ...API, routes: [{ path: '/a+b/*' }] },
      ['/a\\+b/:path*', '/_latchkey/:path*'],
    ],
    [
      'leaves the base path to Next',
      { ...scoped(['/shop/api']), 'next.config.js': "module.exports = { basePath: '/shop' }", 'next.config.ts': null },
      { ...API, base: '/shop/_latchkey', routes: [{ path: '/shop/api/*' }] },
      ['/api/:path*', '/_latchkey/:path*'],
    ],
    [
      'is none where no matcher reaches the own endpoints',
      { ...scoped(['/shop/api']), 'next.config.ts': "export default { basePath: '/shop' }" },
      { ...API, routes: [{ path: '/shop/api/*' }] },
      null,
    ],
  ]

  it.each(cases)('%s', (_, files, document, expected) => {
    expect(checkProject(settings(document), project(files)).matcher).toEqual(expected)
  })

  it('leaves no file out that a route protects', () => {
    const document = { ...SITE, routes: [{ path: '/favicon.ico' }, { path: '/*' }] }
    expect(checkProject(settings(document), project(WHOLE_APP)).withoutFiles).toBeNull()
  })

  it('is a line that can be pasted', () => {
    const line = configLine(['/api/:path*', "/it's\\+/:path*"])
    expect(line).toBe("export const config = { matcher: ['/api/:path*', '/it\\'s\\\\+/:path*'] }")
    const found = project({ ...APP, 'proxy.ts': `${APP['proxy.ts']}${line}\n` })
    expect(found.gate?.matcher?.value).toEqual(['/api/:path*', "/it's\\+/:path*"])
  })
})
