import { describe, expect, it } from 'vitest'
import { compareVersions } from '../../../src/cli/vercel/advisories.ts'
import type { Project } from '../../../src/cli/vercel/project.ts'
import { projectIn } from '../../../src/cli/vercel/project.ts'
import { serves, shownPath } from '../../../src/cli/vercel/served.ts'
import { sourceOf, UNREAD } from '../../../src/cli/vercel/source.ts'
import type { Files } from './given.ts'
import { APP, projectOf } from './given.ts'

function project(files: Files): Project {
  const found = projectIn(projectOf(files))
  if (!found) throw new Error('no project')
  return found
}

describe('a config', () => {
  it.each<readonly [string, unknown]>([
    ["export const config = { matcher: '/a' }", '/a'],
    ["export const config = { matcher: ['/a', `/b`] } as const", ['/a', '/b']],
    ["export const config: Config = { 'matcher': ['/a'] } satisfies Config", ['/a']],
    ["export const config = <Config>{ matcher: '/a' }", '/a'],
    [
      "export const config = { matcher: [{ source: '/a', locale: false, has: undefined }] }",
      [{ source: '/a', locale: false }],
    ],
    ["export const config = { runtime: 'edge' }", undefined],
    ["const config = { matcher: '/a' }", undefined],
    ["const config = { matcher: '/a' }\nexport { config }", UNREAD],
    ["export let config = { matcher: '/a' }", undefined],
    ["export const config = { ['matcher']: '/a' }", UNREAD],
    ["export const config = { ...more, matcher: '/a' }", UNREAD],
    ["const matcher = '/a'\nexport const config = { matcher }", UNREAD],
    ["export const config = make({ matcher: '/a' })", UNREAD],
  ])('%s', (text, expected) => {
    expect(project({ ...APP, 'proxy.ts': `${text}\n` }).gate?.matcher?.value).toEqual(expected)
  })

  it('is read in JavaScript with JSX, and in files of other endings', () => {
    for (const path of ['proxy.js', 'proxy.tsx', 'proxy.jsx']) {
      const { gate } = project({
        ...APP,
        'proxy.ts': null,
        [path]: "const a = <p>x</p>\nexport const config = { matcher: '/a' }\n",
      })
      expect(gate?.matcher?.value).toBe('/a')
    }
  })

  it('is not read where the file is none', () => {
    expect(sourceOf('proxy.ts', 'export const = 1')).toBeUndefined()
  })
})

describe('a scope', () => {
  const latchkey = "import { latchkey } from 'latchkey/next'\n"
  const middleware = "import { middleware as gate } from 'latchkey/vercel'\n"

  it.each<readonly [string, unknown]>([
    [`${latchkey}export const { proxy } = latchkey({ document })`, ['/api']],
    [`${latchkey}export const { proxy } = latchkey({ document, scope: '/v1' })`, ['/v1']],
    [
      `${latchkey}const scope = ['/v1', '/v2'] as const\nexport const { proxy } = latchkey({ document, scope })`,
      ['/v1', '/v2'],
    ],
    [`${latchkey}export const { proxy } = latchkey({ document, scope: undefined })`, ['/api']],
    [`${latchkey}export const { proxy } = latchkey({ ...options })`, UNREAD],
    [`${latchkey}export const { proxy } = latchkey(options)`, UNREAD],
    [
      `${latchkey}const { handle } = latchkey({ document })\nexport const proxy = (request) => handle(request)`,
      ['/api'],
    ],
    [`${middleware}export const proxy = gate({ document })`, undefined],
    [`${middleware}export default gate({ document, scope: '/v1' })`, ['/v1']],
    ["import * as vercel from 'latchkey/vercel'\nexport default vercel.middleware({ document })", undefined],
  ])('%s', (text, expected) => {
    const { gate } = project({ ...APP, 'proxy.ts': `${text}\n` })
    expect(gate?.latchkey?.scope).toEqual(expected)
    expect(gate?.latchkey).toBeDefined()
  })

  it.each([
    ['a relative import', "import { proxy } from './lib/gate'\nexport { proxy }", 'lib/gate.ts'],
    ['an import with an ending', "export { proxy } from './lib/gate.js'", 'lib/gate.ts'],
    ['the alias of Next', "export { proxy } from '@/lib/gate'", 'lib/gate.ts'],
    ['the alias of src', "export { proxy } from '@/lib/gate'", 'src/lib/gate.ts'],
    ['a folder', "export { proxy } from './lib'", 'lib/index.ts'],
  ])('is followed through %s', (_, text, path) => {
    const { gate } = project({
      ...APP,
      ...{ 'latchkey.ts': null, 'proxy.ts': text },
      [path]: `${latchkey}export const { proxy } = latchkey({ document, scope: '/v1' })`,
    })
    expect(gate?.latchkey).toMatchObject({ file: path, line: 2, scope: ['/v1'] })
  })
})

describe('a guarded handler', () => {
  const PATH = 'app/api/orders/[id]/route.ts'
  const own = "import { guard } from '@/latchkey'\n"

  it.each([
    ['guard', true, `${own}export const GET = guard(() => Response.json(1))`],
    ['guard, with a type', true, `${own}export const GET = guard(() => Response.json(1)) as Handler`],
    ['guard under another name', true, "import { guard as closed } from '@/latchkey'\nexport const GET = closed(get)"],
    ['a member', true, "import * as gate from '@/latchkey'\nexport const GET = gate.guard(get)"],
    [
      'what latchkey gives',
      true,
      "import { latchkey } from 'latchkey/next'\nconst { guard } = latchkey({ document })\nexport const GET = guard(get)",
    ],
    [
      'what latchkey gives, as a whole',
      true,
      "import { latchkey } from 'latchkey/next'\nconst gate = latchkey({ document })\nexport const GET = gate.guard(get)",
    ],
    [
      'a guard of its own',
      true,
      "import { guard } from 'latchkey/vercel'\nconst closed = guard({ document })\nexport const GET = closed(get)",
    ],
    [
      'a guard written out',
      true,
      "import { guard } from 'latchkey/vercel'\nexport const GET = guard({ document })(get)",
    ],
    ['one that another file makes', true, "import { closed } from '@/lib/closed'\nexport const GET = closed(get)"],
    ['named beforehand', true, `${own}const get = guard(() => Response.json(1))\nexport { get as GET, get as POST }`],
    [
      'by a name',
      true,
      `${own}const get = guard(() => Response.json(1))\nexport const GET = get\nexport const POST = get`,
    ],
    [
      "Latchkey's own endpoints",
      true,
      "import { app } from 'latchkey/vercel/app'\nimport { handle } from 'hono/vercel'\nconst own = app({ document })\nexport const GET = handle(own)\nexport const POST = handle(app({ document }))",
    ],
    ['one method of two', false, `${own}export const GET = guard(get)\nexport async function POST() {}`],
    ['a function', false, `${own}export async function GET() {}`],
    ['guard called elsewhere', false, `${own}const closed = guard(get)\nexport const GET = get`],
    ['a guard of another package', false, "import { guard } from 'some-guards'\nexport const GET = guard(get)"],
    ['one that another file does not make', false, "import { open } from '@/lib/closed'\nexport const GET = open(get)"],
    [
      'next of another object',
      false,
      "import { NextResponse } from 'next/server'\nexport const GET = NextResponse.next(get)",
    ],
    ['exported from elsewhere', false, "export { GET } from '@/lib/handlers'"],
    ['everything of elsewhere', false, `${own}export const GET = guard(get)\nexport * from '@/lib/handlers'`],
    ['a file that cannot be read', false, 'export const GET = ('],
    ['nothing', false, ''],
    [
      'another app',
      false,
      "import { app } from './app'\nimport { handle } from 'hono/vercel'\nexport const GET = handle(app)",
    ],
  ])('%s: %s', (_, expected, text) => {
    const closed =
      "import { guard } from 'latchkey/vercel'\nexport const closed = guard({ document })\nexport const open = (handler) => handler\n"
    const { answering } = project({ ...APP, 'lib/closed.ts': closed, [PATH]: `${text}\n` })
    expect(answering.find(({ file }) => file === PATH)?.isGuarded).toBe(expected)
  })

  it('tells its methods', () => {
    const { answering } = project({
      ...APP,
      [PATH]: 'export function GET() {}\nexport const POST = 1, DELETE = 2\nexport const dynamic = 1\n',
    })
    expect(answering.find(({ file }) => file === PATH)?.methods.toSorted()).toEqual(['DELETE', 'GET', 'POST'])
  })
})

describe('what a project serves', () => {
  const served: Files = {
    ...APP,
    'app/(shop)/cart/page.tsx': '',
    'app/[tenant]/@modal/orders/route.ts': '',
    'app/_private/page.tsx': '',
    'app/feed/(..)photo/page.tsx': '',
    'app/%5Fshown/page.tsx': '',
    'app/docs/[...path]/page.tsx': '',
    'app/shop/[[...path]]/route.ts': '',
    'pages/old/index.tsx': '',
    'pages/_app.tsx': '',
    'pages/404.tsx': '',
    'pages/api/[id].ts': '',
    'pages/style.css': '',
  }

  it('is told by its files', () => {
    const shown = project(served).answering.map((each) => `${each.kind} ${shownPath(each)}`)
    expect(shown.toSorted()).toEqual([
      'app-handler /[tenant]/orders',
      'app-handler /api/health',
      'app-handler /api/orders/[id]',
      'app-handler /shop/[...]',
      'app-page /',
      'app-page /_shown',
      'app-page /cart',
      'app-page /docs/[...]',
      'pages-handler /api/[id]',
      'pages-page /old',
    ])
  })

  it.each([
    ['/', ['/']],
    ['/cart/', ['/cart']],
    ['/docs', []],
    ['/docs/a/b', ['/docs/[...]']],
    ['/shop', ['/shop/[...]']],
    ['/x/orders', ['/[tenant]/orders']],
    ['/api/orders/7', ['/api/orders/[id]']],
  ])('%s by %j', (path, expected) => {
    expect(
      project(served)
        .answering.filter((each) => serves(each, path))
        .map(shownPath),
    ).toEqual(expected)
  })

  it('is what lies in api/ without Next', () => {
    const { answering } = project({
      'middleware.ts': 'export default middleware()\n',
      ...Object.fromEntries(
        ['a.ts', 'b/[id].mjs', 'c/index.js', '_d.ts', 'e.d.ts', 'f.css'].map((name) => [`api/${name}`, '']),
      ),
    })
    expect(answering.map(shownPath)).toEqual(['/api/a', '/api/b/[id]', '/api/c'])
  })
})

describe('the version of Next', () => {
  const bare = { ...APP, 'package.json': '{ "dependencies": { "next": "^16.0.0" } }', 'package-lock.json': null }

  it.each<readonly [string, Files, string | undefined]>([
    [
      'what is installed',
      {
        'node_modules/next/package.json': '{ "version": "16.1.1" }',
        'package-lock.json': APP['package-lock.json'] as string,
      },
      '16.1.1',
    ],
    ['package-lock.json', { 'package-lock.json': APP['package-lock.json'] as string }, '16.4.5'],
    [
      'an old package-lock.json',
      { 'package-lock.json': '{ "dependencies": { "next": { "version": "12.1.0" } } }' },
      '12.1.0',
    ],
    [
      'pnpm-lock.yaml',
      {
        'pnpm-lock.yaml':
          'packages:\n\n  next@15.5.18:\n    resolution: {}\nsnapshots:\n\n  next@15.5.18(react@19.0.0):\n    dependencies: {}\n',
      },
      '15.5.18',
    ],
    [
      'an old pnpm-lock.yaml',
      { 'pnpm-lock.yaml': 'packages:\n\n  /next/13.4.1_react@18.0.0:\n    resolution: {}\n' },
      '13.4.1',
    ],
    ['yarn.lock', { 'yarn.lock': '"next@^16.0.0":\n  version "16.2.0"\n  resolved "x"\n' }, '16.2.0'],
    [
      'a yarn.lock of Berry',
      { 'yarn.lock': '"next@npm:^16.0.0":\n  version: 16.2.1\n  resolution: "next@npm:16.2.1"\n' },
      '16.2.1',
    ],
    ['an exact entry', { 'package.json': '{ "dependencies": { "next": "16.3.0" } }' }, '16.3.0'],
    ['two of them', { 'pnpm-lock.yaml': '  next@15.5.18:\n    x\n  next@16.2.0:\n    x\n' }, undefined],
    ['a broken lockfile', { 'package-lock.json': '{' }, undefined],
    ['a range alone', {}, undefined],
  ])('by %s', (_, files, expected) => {
    expect(project({ ...bare, ...files }).version).toMatchObject({ version: expected })
  })

  it.each([
    ['16.2.5', '16.2.11', -1],
    ['16.10.0', '16.9.9', 1],
    ['16.2.5-canary.9', '16.2.5', -1],
    ['16.2.5', '16.2.5', 0],
  ])('%s and %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign)
  })
})

describe('next.config', () => {
  it.each([
    ['next.config.js', "/** @type {object} */\nconst nextConfig = { basePath: '/shop' }\nmodule.exports = nextConfig"],
    ['next.config.mjs', "export default { basePath: '/shop' }"],
    ['next.config.ts', 'const config: NextConfig = { basePath: `/shop` }\nexport default withBundles(config)'],
    ['next.config.ts', "export default withMdx({})({ basePath: '/shop' } satisfies NextConfig)"],
    ['next.config.js', "module.exports = async (phase) => {\n  return { basePath: '/shop' }\n}"],
    ['next.config.mjs', "const basePath = '/shop/'\nexport default (phase) => ({ basePath })"],
    ['next.config.mjs', "export default function config() { return { basePath: '/shop' } }"],
  ])('%s: %s', (path, text) => {
    const { config } = project({ ...APP, 'next.config.ts': null, [path]: text })
    expect([config.basePath, config.unread, config.place.file]).toEqual(['/shop', [], path])
  })
})
