import { describe, expect, it, test } from 'vitest'
import type { FindingCode, Severity } from '../../../src/cli/vercel/findings.ts'
import { FINDINGS } from '../../../src/cli/vercel/findings.ts'
import type { Document } from '../../../src/document.ts'
import type { Files } from './given.ts'
import { API, APP, checked, SIGNING, SITE, WHOLE_APP, withMatcher } from './given.ts'

const IMPLIED = "['/api/:path*', '/_latchkey/:path*']"
const GUARDED =
  "import { guard } from '@/latchkey'\nexport const GET = guard((request, caller) => Response.json(caller))\n"
const ORDERS = 'app/api/orders/[id]/route.ts'
const HEALTH = 'app/api/health/route.ts'
const PAGE = 'export default function Page() { return <p>page</p> }\n'
const HANDLER = "export const GET = () => Response.json('here')\n"
const EVERYTHING = "'/:path*'"

function manifest(next: string): string {
  return JSON.stringify({ dependencies: { next } })
}

/** The app with another version of Next. */
function version(files: Files, next: string): Files {
  const lock = JSON.stringify({ packages: { 'node_modules/next': { version: next } } })
  return { ...files, 'package.json': manifest(next), 'package-lock.json': lock }
}

/** The app with more in its configuration of Next. */
function configured(files: Files, more: string): Files {
  const redirects = "redirects: async () => [{ source: '/:path*.rsc', destination: '/:path*', permanent: false }]"
  return { ...files, 'next.config.ts': `export default { ${more}, ${redirects} }\n` }
}

const NEXT_GATE = "import { latchkey } from 'latchkey/next'\n"

/** The app with a gate's file of its own. */
function proxied(files: Files, text: string): Files {
  return { ...files, 'latchkey.ts': null, 'proxy.ts': `${NEXT_GATE}${text}\n` }
}

/** The app under a base path, whose guard is made by a call with these options. */
function based(options: string, more: Files = {}): Files {
  const gate = `${NEXT_GATE}export const { proxy, guard } = latchkey(${options})\n`
  return { ...configured(APP, "basePath: '/shop'"), 'latchkey.ts': gate, [ORDERS]: GUARDED, ...more }
}

/** A handler that is wrapped in guard, and says when it is run. */
function timed(dynamic: string): string {
  return `${GUARDED}export const dynamic = ${dynamic}\n`
}

/** A site of the Pages Router with a protected page. */
const PAGES: Files = {
  ...WHOLE_APP,
  'app/layout.tsx': null,
  'app/page.tsx': null,
  [HEALTH]: null,
  [ORDERS]: null,
  'pages/index.tsx': PAGE,
  'pages/admin/index.tsx': PAGE,
  'pages/api/orders.ts': 'export default (request, response) => response.end()\n',
}

function routes(...more: Document['routes']): Document {
  return { ...API, routes: more }
}

const SHOP: Document = { ...SIGNING, base: '/shop/_latchkey', routes: [{ path: '/shop/api/*' }] }

const ADMIN = routes(
  { path: '/api/*' },
  { path: '/admin' },
  { path: '/', methods: ['GET'], public: true },
  { path: '/:locale/:page', methods: ['GET'], public: true },
)

interface Planted {
  readonly code: FindingCode
  readonly files: Files
  readonly document?: Document
  readonly at: string
  readonly says: RegExp
  readonly severity?: Severity
}

const GATES: readonly Planted[] = [
  {
    ...{ code: 'no-gate', at: 'package.json:1', says: /nothing is judged; write a proxy\.ts/ },
    files: { ...APP, 'proxy.ts': null },
  },
  {
    ...{ code: 'gate-unread', at: 'proxy.ts:1', says: /repair it/ },
    files: { ...APP, 'proxy.ts': 'export const proxy = (' },
  },
  {
    ...{
      code: 'gate-unseen',
      severity: 'warning',
      at: 'proxy.ts:1',
      says: /neither this file nor one that it imports calls latchkey/,
    },
    files: { ...APP, 'proxy.ts': 'export function proxy() {}\n' },
  },
  {
    ...{ code: 'two-gates', at: 'middleware.ts:1', says: /proxy\.ts is there too, and Next refuses/ },
    files: { ...APP, 'middleware.ts': "export { middleware } from './latchkey'\n" },
  },
  {
    ...{ code: 'misplaced-gate', at: 'proxy.ts:1', says: /never runs: put it beside app/ },
    files: {
      ...Object.fromEntries(Object.entries(APP).map(([path, text]) => [path.replace(/^app\//, 'src/app/'), text])),
    },
  },
  {
    ...{ code: 'misplaced-gate', at: 'src/proxy.ts:1', says: /never runs/ },
    files: { ...APP, 'proxy.ts': null, 'src/proxy.ts': "export { proxy } from '../latchkey'\n" },
  },
  {
    ...{ code: 'misplaced-gate', at: 'proxy.mjs:1', says: /never runs/ },
    files: { ...APP, 'proxy.ts': null, 'proxy.mjs': "export { proxy } from './latchkey'\n" },
  },
  {
    ...{ code: 'misplaced-gate', at: 'src/middleware.ts:1', says: /at the top, as middleware\.ts/ },
    files: {
      'package.json': '{}',
      'src/middleware.ts': "import { middleware } from 'latchkey/vercel'\nexport default middleware({ document })\n",
    },
  },
  {
    ...{ code: 'proxy-before-16', at: 'proxy.ts:1', says: /next 15\.5\.18 reads middleware\.ts alone/ },
    files: version(APP, '15.5.18'),
  },
  {
    ...{ code: 'middleware-deprecated', severity: 'info', at: 'middleware.ts:1', says: /write proxy\.ts/ },
    files: { ...APP, 'proxy.ts': null, 'middleware.ts': "export { middleware } from './latchkey'\n" },
  },
  {
    ...{ code: 'proxy-runtime', at: 'proxy.ts:2', says: /Next refuses/ },
    files: { ...APP, 'proxy.ts': "export { proxy } from './latchkey'\nexport const config = { runtime: 'nodejs' }\n" },
  },
  {
    ...{ code: 'proxy-runtime', at: 'proxy.ts:2', says: /Next refuses/ },
    files: { ...APP, 'proxy.ts': "export { proxy } from './latchkey'\nexport const runtime = 'edge'\n" },
  },
  {
    ...{
      code: 'proxy-destructured',
      at: 'proxy.ts:2',
      says: /finds no function: write export const proxy = latchkey\(\{ document \}\)\.proxy, or/,
    },
    files: proxied(APP, 'export const { handle, proxy } = latchkey({ document })'),
  },
  {
    ...{ code: 'proxy-destructured', at: 'proxy.ts:3', says: /write export const proxy/ },
    files: proxied(APP, 'export const a = 1,\n  { proxy } = latchkey({ document })'),
  },
  {
    ...{
      code: 'proxy-destructured',
      at: 'middleware.ts:2',
      says: /write export const middleware = .*\.middleware, or/,
    },
    files: {
      ...{ ...APP, 'proxy.ts': null, 'latchkey.ts': null },
      'middleware.ts': `${NEXT_GATE}export const { middleware } = latchkey({ document })\n`,
    },
  },
]

const MATCHERS: readonly Planted[] = [
  ...[
    'MATCHER',
    '[...MATCHER]',
    "'/api' + '/:path*'",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a file
    '`/${api}/:path*`',
    'process.env.MATCHER',
    "['/api/:path*', MATCHER]",
  ].map(
    (matcher): Planted => ({
      ...{
        code: 'matcher-unread',
        at: 'proxy.ts:3',
        says: /counts for nothing: it is not written out here; write a path/,
      },
      files: withMatcher(APP, matcher),
    }),
  ),
  {
    ...{ code: 'matcher-unread', at: 'proxy.ts:1', says: /not written out here/ },
    files: { ...APP, 'proxy.ts': "export { proxy, config } from './latchkey'\n" },
  },
  {
    ...{ code: 'matcher-unread', at: 'proxy.ts:3', says: /"api" does not begin with/ },
    files: withMatcher(APP, "'api'"),
  },
  {
    ...{ code: 'matcher-regexp', at: 'proxy.ts:3', says: /matches by source alone/ },
    files: withMatcher(APP, "[{ source: '/:path*', regexp: '^/.*$' }]"),
  },
  {
    ...{
      code: 'matcher-gap',
      at: 'proxy.ts:3',
      says: /\/api\/orders\/:id is protected, and the matcher leaves out \/api\/orders\/latchkey-sample/,
    },
    files: withMatcher(APP, "['/api/health', '/_latchkey/:path*']"),
  },
  {
    ...{
      code: 'matcher-gap',
      severity: 'warning',
      at: 'proxy.ts:3',
      says: /\/api\/orders\/:id.*guard judges what is served there/,
    },
    ...{ files: { ...withMatcher(APP, "['/api/health', '/_latchkey/:path*']"), [ORDERS]: GUARDED }, document: SIGNING },
  },
  {
    ...{ code: 'matcher-gap', at: 'proxy.ts:6', says: /\/\* is protected, and the matcher leaves out \// },
    ...{ files: withMatcher(WHOLE_APP, "'/api/:path*'"), document: SITE },
  },
  // What only looks like a file is a parameter of a handler.
  {
    ...{ code: 'matcher-gap', at: 'proxy.ts:3', says: /leaves out \/api\/orders\/latchkey-sample\.(?:png|svg)/ },
    files: withMatcher(APP, "'/((?!_next/static|_next/image|favicon.ico|.*\\\\.(?:svg|png|jpg|jpeg|gif|webp)$).*)'"),
  },
  {
    ...{
      code: 'matcher-gap',
      at: 'proxy.ts:6',
      says: /\/:tenant\/orders is protected, and the matcher leaves out \/static\/orders/,
    },
    ...{ files: { ...withMatcher(WHOLE_APP, "'/((?!static).*)'"), 'app/[tenant]/orders/route.ts': HANDLER } },
    document: routes({ path: '/api/*' }, { path: '/:tenant/orders' }),
  },
  {
    ...{
      code: 'matcher-gap',
      at: 'middleware.ts:2',
      says: /\/api\/\* is protected, and the matcher leaves out \/api\/latchkey-sample/,
    },
    files: {
      'middleware.ts':
        "import { middleware } from 'latchkey/vercel'\nexport const config = { matcher: '/admin', runtime: 'nodejs' }\nexport default middleware({ document })\n",
    },
  },
  {
    ...{
      code: 'matcher-condition',
      at: 'proxy.ts:3',
      says: /\/api\/orders\/:id .*which the client chooses, of \/api\//,
    },
    files: withMatcher(APP, "[{ source: '/api/:path*', missing: [{ type: 'header', key: 'next-router-prefetch' }] }]"),
  },
  {
    ...{ code: 'matcher-condition', at: 'proxy.ts:3', says: /\/api\/orders\/:id .*which the client chooses/ },
    files: withMatcher(APP, "[{ source: '/api/:path*', has: [{ type: 'header', key: 'authorization' }] }]"),
  },
  {
    ...{
      code: 'matcher-form',
      at: 'proxy.ts:6',
      says: /leaves out another form of it: \/dashboard\.rsc, \/dashboard\.segments/,
    },
    ...{ files: { ...withMatcher(WHOLE_APP, "'/((?!.+\\\\.[\\\\w]+$|_next).*)'"), 'app/dashboard/page.tsx': PAGE } },
    document: routes({ path: '/dashboard' }, { path: '/*', public: true }),
  },
  {
    ...{ code: 'matcher-form', at: 'proxy.ts:6', says: /another form of it: \/_next\/data\/BUILD\/admin\.json/ },
    ...{ files: withMatcher(PAGES, "'/((?!.+\\\\.[\\\\w]+$|_next).*)'"), document: ADMIN },
  },
  {
    ...{ code: 'matcher-form', at: 'proxy.ts:6', says: /another form of it: .*\/fr\/admin/ },
    files: withMatcher(
      configured(PAGES, "i18n: { locales: ['en', 'fr'], defaultLocale: 'en' }"),
      "[{ source: '/en/:path*', locale: false }, { source: '/api/:path*' }]",
    ),
    document: ADMIN,
  },
  {
    ...{ code: 'matcher-form', at: 'proxy.ts:6', says: /another form of it: \/dashboard\// },
    files: {
      ...configured(withMatcher(WHOLE_APP, "'/((?!dashboard/$).*)'"), 'skipTrailingSlashRedirect: true'),
      'app/dashboard/page.tsx': PAGE,
    },
    document: routes({ path: '/dashboard' }, { path: '/*', public: true }),
  },
  {
    ...{
      code: 'own-unmatched',
      severity: 'warning',
      at: 'proxy.ts:3',
      says: /\/_latchkey\/health, \/_latchkey\/whoami/,
    },
    files: withMatcher(APP, "'/api/:path*'"),
  },
]

const SCOPES: readonly Planted[] = [
  ...['scope: SCOPE', '...options', "scope: ['/api', SCOPE]"].map(
    (options): Planted => ({
      ...{ code: 'scope-unread', severity: 'warning', at: 'proxy.ts:2', says: /write a path, or a list/ },
      files: {
        ...APP,
        'proxy.ts': `import { latchkey } from 'latchkey/next'\nexport const { proxy } = latchkey({ document, ${options} })\n`,
      },
    }),
  ),
  {
    ...{ code: 'scope-unread', severity: 'warning', at: 'proxy.ts:2', says: /a scope is a path like "\/api"/ },
    files: {
      ...APP,
      'proxy.ts':
        "import { latchkey } from 'latchkey/next'\nexport const { proxy } = latchkey({ document, scope: '/:api' })\n",
    },
  },
  {
    ...{
      code: 'route-outside-scope',
      at: 'latchkey.ts:4',
      says: /\/admin is protected, and not in the scope \/api: .*503/,
    },
    ...{ files: APP, document: routes({ path: '/api/*' }, { path: '/admin' }) },
  },
  {
    ...{
      code: 'scope-outside-base-path',
      at: 'latchkey.ts:4',
      says: /the scope \/api is not under the basePath \/shop.*write \/shop\/api/,
    },
    files: configured(APP, "basePath: '/shop'"),
  },
  {
    ...{
      code: 'scope-outside-base-path',
      severity: 'warning',
      at: 'next.config.ts:1',
      says: /the route \/api\/\* is not under the basePath/,
    },
    files: configured(APP, "basePath: '/shop'"),
  },
  {
    ...{
      code: 'scope-outside-base-path',
      severity: 'warning',
      at: 'proxy.ts:2',
      says: /"base" \/_latchkey is not under the basePath \/shop, and no matcher reaches it/,
    },
    files: configured(
      {
        ...APP,
        'proxy.ts':
          "import { latchkey } from 'latchkey/next'\nexport const { proxy } = latchkey({ document, scope: '/shop/api' })\nexport const config = { matcher: '/api/:path*' }\n",
      },
      "basePath: '/shop'",
    ),
    document: routes({ path: '/shop/api/*' }),
  },
]

const HANDLERS: readonly Planted[] = [
  {
    ...{
      code: 'unguarded',
      at: `${HEALTH}:1`,
      says: /\/api\/health is protected by \/api\/\*, and nothing judges who calls it: wrap/,
    },
    files: { ...APP, 'proxy.ts': null, [ORDERS]: GUARDED, [HEALTH]: `${HANDLER}export function DELETE() {}\n` },
  },
  {
    ...{ code: 'unguarded', at: 'app/page.tsx:1', says: /a page needs a proxy/ },
    ...{ files: { ...APP, 'proxy.ts': null, [ORDERS]: GUARDED }, document: routes({ path: '/*' }) },
  },
  {
    ...{ code: 'unguarded', at: `${HEALTH}:1`, says: /protected by \/api\/health\/, and nothing judges/ },
    files: configured({ ...APP, 'proxy.ts': null, [ORDERS]: GUARDED }, 'trailingSlash: true'),
    document: routes({ path: '/api/health/' }, { path: '/api/orders/:id/' }),
  },
  {
    ...{
      code: 'guard-without-identity',
      at: `${ORDERS}:1`,
      says: /refuses everything: write "identity" into the document/,
    },
    files: { ...APP, [ORDERS]: GUARDED },
  },
  ...["{ document, scope: '/shop/api' }", "{ document, scope: '/shop/api', basePath: undefined }"].map(
    (options): Planted => ({
      ...{
        code: 'guard-base-path',
        at: 'latchkey.ts:2',
        says: /the guard of \/shop\/api\/orders\/\[id\] is told no basePath, .*write basePath: '\/shop' into this call/,
      },
      ...{ files: based(options), document: SHOP },
    }),
  ),
  {
    ...{
      code: 'guard-base-path',
      at: 'latchkey.ts:5',
      says: /the guard of \/shop\/api\/health, \/shop\/api\/orders\/\[id\] is told the basePath "\/store", .*every request/,
    },
    files: based('', {
      'latchkey.ts': `${NEXT_GATE}const BASE = '/store'\nexport const { proxy, guard } = latchkey({\n  ...{ document, scope },\n  basePath: BASE,\n})\n`,
      [HEALTH]: GUARDED,
    }),
    document: SHOP,
  },
  ...[
    [`${ORDERS}:2`, "import { guard } from 'latchkey/vercel'\nexport const GET = guard({ document })(get)"],
    [
      `${ORDERS}:3`,
      "import { guard } from 'latchkey/vercel'\nexport const GET = closed(get)\nconst closed = guard({ document })",
    ],
    [
      `${ORDERS}:2`,
      `${NEXT_GATE}const gate = latchkey({ document } satisfies Options)\nexport const GET = gate.guard(get)`,
    ],
    ['latchkey.ts:2', "import * as gate from '@/latchkey'\nexport const GET = gate.guard(get)"],
  ].map(
    ([at = '', text]): Planted => ({
      ...{ code: 'guard-base-path', at, says: /the guard of \/shop\/api\/orders\/\[id\] is told no basePath/ },
      ...{ files: based("{ document, scope: '/shop/api' }", { [ORDERS]: `${text}\n` }), document: SHOP },
    }),
  ),
  {
    ...{
      code: 'guard-static',
      at: `${ORDERS}:3`,
      says: /'force-static' shows the guard of \/api\/orders\/\[id\] no request, .*every caller gets 503; take it out/,
    },
    ...{ files: { ...APP, [ORDERS]: `${timed('KEPT')}const KEPT = 'force-static' as const\n` }, document: SIGNING },
  },
  {
    ...{ code: 'guard-static', at: `${HEALTH}:3`, says: /'force-static' shows the guard of \/api\/health no request/ },
    files: { ...APP, [HEALTH]: `${timed("'force-static'")}export function OPTIONS() {}\n` },
    document: SIGNING,
  },
  {
    ...{ code: 'guard-static', at: `${ORDERS}:3`, says: /'error' .*\/api\/orders\/\[id\] .*every caller gets 503/ },
    ...{ files: { ...APP, [ORDERS]: timed("'error'") }, document: SIGNING },
  },
  {
    ...{ code: 'guard-static', at: 'app/api/[...path]/route.ts:3', says: /'error' .*every caller gets 503/ },
    ...{ files: { ...APP, 'app/api/[...path]/route.ts': timed("'error'") }, document: SIGNING },
  },
  {
    ...{
      code: 'guard-static',
      severity: 'warning',
      at: `${HEALTH}:3`,
      says: /'error' forbids what the guard of \/api\/health does/,
    },
    ...{ files: { ...APP, [HEALTH]: timed("'error'") }, document: SIGNING },
  },
  {
    ...{ code: 'handler-open', severity: 'warning', at: 'app/hook/route.ts:1', says: /\/hook reaches no gate/ },
    files: { ...APP, 'app/hook/route.ts': `${HANDLER}export function POST() {}\n` },
    document: routes({ path: '/hook', methods: ['GET'], public: true }, { path: '/api/*' }),
  },
  {
    ...{
      code: 'handler-open',
      severity: 'warning',
      at: 'app/hook/route.ts:1',
      says: /\/hook reaches no gate, and anybody calls it: wrap it in guard/,
    },
    files: { ...APP, 'app/hook/route.ts': HANDLER },
  },
  {
    ...{ code: 'handler-open', severity: 'warning', at: 'pages/api/hook.ts:1', says: /\/api\/hook reaches no gate/ },
    document: routes({ path: '/api/orders/*' }),
    files: {
      ...withMatcher(APP, "['/api/orders/:path*', '/_latchkey/:path*']"),
      'pages/api/hook.ts': 'export default () => {}\n',
    },
  },
  {
    ...{
      code: 'handler-unnamed',
      severity: 'info',
      at: `${HEALTH}:1`,
      says: /\/api\/health is named by no route of the document: every call is refused/,
    },
    ...{ files: APP, document: routes({ path: '/api/orders/:id' }) },
  },
  {
    ...{
      code: 'server-functions',
      severity: 'warning',
      at: 'app/actions.ts:1',
      says: /Server Functions in app\/actions\.ts .* and \/ takes one without a credential: authorize inside/,
    },
    files: { ...APP, 'app/actions.ts': "'use server'\nexport async function order() {}\n" },
  },
  {
    ...{ code: 'server-functions', severity: 'warning', at: 'app/page.tsx:1', says: /authorize inside each function/ },
    files: {
      ...WHOLE_APP,
      'app/page.tsx':
        "export default function Page() {\n  async function order() {\n    'use server'\n  }\n  return <form action={order} />\n}\n",
    },
    document: routes({ path: '/', public: true }, { path: '/*' }),
  },
  {
    ...{ code: 'locale-open', at: 'proxy.ts:1', says: /\/admin is protected, and \/fr\/admin is public/ },
    ...{ files: configured(PAGES, "i18n: { locales: ['en', 'fr'], defaultLocale: 'en' }"), document: ADMIN },
  },
  {
    ...{
      code: 'data-open',
      at: 'next.config.ts:1',
      says: /its data at \/_next\/data\/BUILD\/admin\.json is public: open \/_next\/static/,
    },
    files: configured(PAGES, 'skipProxyUrlNormalize: true'),
    document: routes({ path: '/api/*' }, { path: '/admin' }, { path: '/_next/*', public: true }),
  },
]

const BYPASSES: readonly (readonly [version: string, ...says: string[]])[] = [
  ['11.1.4', 'CVE-2025-29927 (fixed in 12.3.5)'],
  ['12.3.4', 'CVE-2025-29927 (fixed in 12.3.5), CVE-2026-44573 (fixed in 15.5.16)'],
  ['13.5.8', 'CVE-2025-29927 (fixed in 13.5.9)'],
  ['14.2.24', 'CVE-2025-29927 (fixed in 14.2.25)'],
  ['15.2.2', 'CVE-2025-29927 (fixed in 15.2.3)', 'CVE-2026-44575 (fixed in 15.5.16)'],
  [
    '15.5.15',
    'CVE-2026-44573 (fixed in 15.5.16), CVE-2026-44574 (fixed in 15.5.16), CVE-2026-44575 (fixed in 15.5.16)',
  ],
  ['15.5.17', 'ways round a middleware: CVE-2026-45109 (fixed in 15.5.18); update it'],
  ['16.2.4', 'CVE-2026-44573 (fixed in 16.2.5), CVE-2026-44574 (fixed in 16.2.5), CVE-2026-44575 (fixed in 16.2.5)'],
  ['16.2.5', 'ways round a middleware: CVE-2026-45109 (fixed in 16.2.6), CVE-2026-64642 (fixed in 16.2.11); update it'],
  ['16.2.11-canary.3', 'ways round a middleware: CVE-2026-64642 (fixed in 16.2.11); update it'],
]

const NEXT: readonly Planted[] = [
  ...BYPASSES.flatMap(([next, ...says]) =>
    says.map(
      (each): Planted => ({
        ...{ code: 'next-bypass', at: 'package.json:1', says: new RegExp(each.replace(/[().]/g, '\\$&')) },
        files: version(
          { ...APP, 'proxy.ts': null, 'middleware.ts': "export { middleware } from './latchkey'\n" },
          next,
        ),
      }),
    ),
  ),
  {
    ...{
      code: 'next-version',
      severity: 'warning',
      at: 'package.json:1',
      says: /package\.json says \^16\.0\.0; install, or commit a lockfile/,
    },
    files: { ...APP, 'package.json': manifest('^16.0.0'), 'package-lock.json': null },
  },
  {
    ...{ code: 'next-version', severity: 'warning', at: 'package.json:1', says: /package\.json names no next/ },
    files: { ...APP, 'package.json': null, 'package-lock.json': null, 'next.config.ts': null },
  },
  ...['basePath: process.env.BASE', '...more', 'i18n: locales'].map(
    (more): Planted => ({
      ...{
        code: 'config-unread',
        severity: 'warning',
        at: 'next.config.ts:1',
        says: /cannot be read without running it/,
      },
      files: configured(APP, more),
    }),
  ),
  {
    ...{ code: 'config-unread', severity: 'warning', at: 'next.config.mjs:1', says: /^everything cannot be read/ },
    files: { ...APP, 'next.config.ts': null, 'next.config.mjs': 'export default await load()\n' },
  },
  {
    ...{
      code: 'rewrites',
      severity: 'warning',
      at: 'next.config.ts:1',
      says: /wrap the handlers they lead to in guard/,
    },
    files: configured(APP, "async rewrites() { return [{ source: '/v1/:path*', destination: '/api/:path*' }] }"),
  },
  {
    ...{ code: 'rewrites', severity: 'warning', at: 'vercel.json:1', says: /another path than was judged/ },
    files: { ...APP, 'vercel.json': '{ "rewrites": [{ "source": "/v1", "destination": "/api" }] }' },
  },
  {
    ...{
      code: 'rsc-ending',
      severity: 'warning',
      at: 'package.json:1',
      says: /\/api\/orders\/\[id\] with an ending \.rsc/,
    },
    files: { ...APP, 'next.config.ts': null },
  },
  {
    ...{
      code: 'trailing-slash',
      severity: 'warning',
      at: 'next.config.ts:1',
      says: /than \/api\/health, \/api\/orders\/:id: write \/api\/health\/, or skipTrailingSlashRedirect/,
    },
    files: configured(APP, 'trailingSlash: true'),
  },
  {
    ...{ code: 'trailing-slash', severity: 'warning', at: 'next.config.ts:1', says: /than \/api\/orders\/:id:/ },
    files: configured({ ...APP, 'proxy.ts': null, [ORDERS]: GUARDED }, 'trailingSlash: true'),
    document: routes({ path: '/api/orders/:id' }, { path: '/feed' }),
  },
  {
    ...{
      code: 'trailing-slash',
      severity: 'warning',
      at: 'next.config.ts:1',
      says: /than \/shop, \/shop\/api\/orders:/,
    },
    files: configured(
      proxied(APP, "export const proxy = latchkey({ document, scope: '/shop' }).proxy"),
      "basePath: '/shop', trailingSlash: true",
    ),
    document: { ...routes({ path: '/shop', public: true }, { path: '/shop/api/orders' }), base: '/shop/_latchkey' },
  },
]

const BASED = based("{ document, scope: '/shop/api', basePath: '/shop' }")

const PLANTED = [...GATES, ...MATCHERS, ...SCOPES, ...HANDLERS, ...NEXT]

describe('a planted mistake', () => {
  it.each(PLANTED.map((each) => [each.code, each.says, each] as const))('%s: %s', (code, says, planted) => {
    const { findings } = checked(planted.files, planted.document)
    const found = findings.filter((each) => each.code === code && says.test(each.message))
    const places = found.map(({ file, line, severity }) => `${file}:${line} ${severity}`)
    expect(places, JSON.stringify(findings, null, 1)).toEqual([`${planted.at} ${planted.severity ?? 'error'}`])
  })

  test('every finding is planted here', () => {
    const planted = new Set(PLANTED.map(({ code }) => code))
    expect(Object.keys(FINDINGS).filter((code) => !planted.has(code as FindingCode))).toEqual([])
  })
})

describe('a project without a mistake', () => {
  const clean: readonly (readonly [title: string, files: Files, document?: Document])[] = [
    ['an app with a gate for /api', APP],
    ['with the matcher that it implies', withMatcher(APP, IMPLIED)],
    ['with a matcher that is typed', withMatcher(APP, `${IMPLIED} as const } satisfies { matcher: readonly string[]`)],
    ['with a template as a matcher', withMatcher(APP, '`/:path*`')],
    ['with a matcher for everything', withMatcher(WHOLE_APP, EVERYTHING), SITE],
    ['an app all of which is judged', WHOLE_APP, SITE],
    [
      'with the matcher that leaves files out',
      withMatcher(WHOLE_APP, "['/((?!_next/static/|favicon\\\\.ico$).*)']"),
      SITE,
    ],
    [
      'a public handler outside of the scope',
      { ...APP, 'app/hook/route.ts': `${HANDLER}export function OPTIONS() {}\n` },
      routes({ path: '/hook', methods: ['GET'], public: true }, { path: '/api/*' }),
    ],
    ['with guards and a proxy', { ...APP, [ORDERS]: GUARDED }, SIGNING],
    ['with guards alone', { ...APP, 'proxy.ts': null, [ORDERS]: GUARDED, [HEALTH]: GUARDED }],
    [
      'with guards of a signed identity',
      {
        ...withMatcher(APP, IMPLIED),
        'lib/identity.ts':
          "import { requireIdentity } from 'latchkey/identity'\nexport const identity = requireIdentity({})\n",
        [ORDERS]:
          "import { identity } from '@/lib/identity'\nexport const GET = identity.next((request, caller) => Response.json(caller))\n",
      },
      SIGNING,
    ],
    [
      'under src/',
      Object.fromEntries(
        Object.entries(APP).map(([path, text]) => [path.replace(/^(?=app\/|proxy|latchkey)/, 'src/'), text]),
      ),
    ],
    [
      'with a base path',
      configured(
        {
          ...APP,
          'proxy.ts':
            "import { latchkey } from 'latchkey/next'\nconst scope = '/shop/api'\nexport const proxy = latchkey({ document, scope }).proxy\nexport const config = { matcher: ['/api/:path*', '/_latchkey/:path*'] }\n",
        },
        "basePath: '/shop'",
      ),
      { ...routes({ path: '/shop/api/*' }), base: '/shop/_latchkey' },
    ],
    [
      'with a proxy whose function is a part of nothing',
      proxied(APP, 'const { proxy, handle } = latchkey({ document })\nexport { proxy }\nexport const { guard } = gate'),
    ],
    [
      'with a proxy that is the default beside',
      proxied(APP, 'export const { proxy } = latchkey({ document })\nexport default proxy'),
    ],
    ['with a base path, and guards that are told it', BASED, SHOP],
    ['with a base path, and guards that may be told it', based("{ ...options, scope: '/shop/api' }"), SHOP],
    [
      'with a base path, and guards that are told one that is not written out',
      based("{ document, scope: '/shop/api', basePath: process.env.BASE }"),
      SHOP,
    ],
    [
      'with a base path, and guards of a signed identity',
      {
        ...BASED,
        [ORDERS]:
          "import { requireIdentity } from 'latchkey/identity'\nconst identity = requireIdentity({})\nexport const GET = identity.next(get)\n",
      },
      SHOP,
    ],
    ...["'auto'", "'force-dynamic'", 'DYNAMIC'].map(
      (dynamic) => [`with guards that are run as ${dynamic}`, { ...APP, [ORDERS]: timed(dynamic) }, SIGNING] as const,
    ),
    [
      'with a handler that is run at the build',
      { ...APP, [HEALTH]: `${HANDLER}export const dynamic = 'force-static'\n` },
    ],
    [
      'with a slash at the end',
      configured(APP, 'trailingSlash: true'),
      routes(
        { path: '/.well-known/api', public: true },
        { path: '/api/health/', methods: ['GET'], public: true },
        { path: '/api/orders/:id/' },
        { path: '/api/openapi.json' },
        { path: '/api/*' },
      ),
    ],
    [
      'with a slash at the end, and guards alone',
      configured({ ...APP, 'proxy.ts': null, [ORDERS]: GUARDED, [HEALTH]: GUARDED }, 'trailingSlash: true'),
      routes({ path: '/api/health/' }, { path: '/api/orders/:id/' }),
    ],
    [
      'with both slashes',
      configured(APP, 'trailingSlash: true'),
      routes({ path: '/api/orders/:id/' }, { path: '/api/orders/:id' }, { path: '/api/*' }),
    ],
    [
      'with a slash at the end that changes nothing',
      configured(APP, 'trailingSlash: true'),
      routes({ path: '/about', public: true }, { path: '/api/health', public: true }, { path: '/api/*', public: true }),
    ],
    [
      'with a slash at the end, and no redirect',
      configured(APP, 'trailingSlash: true, skipTrailingSlashRedirect: true'),
    ],
    [
      'of the Pages Router with locales',
      configured(withMatcher(PAGES, EVERYTHING), "i18n: { locales: ['en', 'fr'], defaultLocale: 'en' }"),
      routes({ path: '/admin' }, { path: '/:locale/admin' }, { path: '/*', methods: ['GET'] }),
    ],
    [
      'Server Functions that a gate judges',
      { ...WHOLE_APP, 'app/actions.ts': "'use server'\nexport async function f() {}\n" },
      SITE,
    ],
    [
      'without Next',
      {
        'package.json': '{}',
        'middleware.ts':
          "import { middleware } from 'latchkey/vercel'\nexport const config = { runtime: 'nodejs' }\nexport default middleware({ document })\n",
        'api/orders/[id].ts': HANDLER,
      },
    ],
    [
      'without Next, and with guards alone',
      {
        'api/orders.ts':
          "import { guard } from 'latchkey/vercel'\nconst guarded = guard({ document })\nexport const GET = guarded(get)\n",
        'api/latchkey.ts':
          "import { handle } from 'hono/vercel'\nimport { app } from 'latchkey/vercel/app'\nconst endpoints = handle(app({ document }))\nexport { endpoints as GET, endpoints as POST }\n",
        'vercel.json': '{ "rewrites": [{ "source": "/_latchkey/(.*)", "destination": "/api/latchkey" }] }',
      },
    ],
    [
      'without Next, the file named in vercel.json',
      {
        'vercel.json': '{ "proxy": { "entrypoint": "./src/proxy.ts" } }',
        'src/proxy.ts': "import { middleware } from 'latchkey/vercel'\nexport default middleware({ document })\n",
      },
    ],
  ]

  it.each(clean.map(([title, ...given]) => [title, given] as const))('%s', (_, [files, document]) => {
    expect(checked(files, document).findings).toEqual([])
  })
})

test('a scope that is not known says nothing of what the last route protects', () => {
  const text =
    "import { latchkey } from 'latchkey/next'\nexport const proxy = latchkey({ document, scope: SCOPE }).proxy\nexport const config = { matcher: ['/api/:path*', '/_latchkey/:path*'] }\n"
  const { findings } = checked({ ...APP, 'proxy.ts': text }, routes({ path: '/api/orders/*' }, { path: '/*' }))
  expect(findings.map(({ code }) => code)).toEqual(['scope-unread'])
})

test('a proxy that is a part of an object is found by Next before 16', () => {
  const middleware = `${NEXT_GATE}export const { middleware } = latchkey({ document })\n`
  const files = { ...APP, 'proxy.ts': null, 'latchkey.ts': null, 'middleware.ts': middleware }
  expect(checked(version(files, '15.5.18')).findings).toEqual([])
})
