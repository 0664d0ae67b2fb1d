import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Checked } from '../../../src/cli/vercel/check-project.ts'
import { checkProject } from '../../../src/cli/vercel/check-project.ts'
import { projectIn } from '../../../src/cli/vercel/project.ts'
import type { Settings } from '../../../src/config.ts'
import { settingsOf } from '../../../src/config.ts'
import type { Document } from '../../../src/document.ts'
import { validate } from '../../../src/validate.ts'

/** The files of a project, by their paths; null takes one away. */
export type Files = Readonly<Record<string, string | null>>

export const API: Document = {
  credentials: [{ kind: 'static-token', name: 'app', tokens: { secret: 'APP_TOKEN' }, type: 'full-access' }],
  routes: [
    { path: '/api/health', methods: ['GET'], public: true },
    { path: '/api/orders/:id', permission: 'orders.{id}' },
    { path: '/api/*' },
  ],
}

/** A site, all of which is judged. */
export const SITE: Document = {
  ...API,
  routes: [
    { path: '/', methods: ['GET'], public: true },
    { path: '/_next/static/*', methods: ['GET'], public: true },
    { path: '/favicon.ico', methods: ['GET'], public: true },
    { path: '/*' },
  ],
}

/** A document that signs identities. */
export const SIGNING: Document = {
  ...API,
  identity: { keys: { secret: 'IDENTITY_KEY' }, audience: 'app', publicOrigin: 'https://app.example' },
}

const VERSION = '16.4.5'
const HANDLER = "export const GET = () => Response.json('orders')\n"

/** An app as docs/vercel.md describes it: what lies under `/api` is judged. */
export const APP: Files = {
  'package.json': JSON.stringify({ dependencies: { next: VERSION, latchkey: '0.1.0' } }),
  'package-lock.json': JSON.stringify({ packages: { 'node_modules/next': { version: VERSION } } }),
  'next.config.ts':
    "export default { redirects: async () => [{ source: '/:path*.rsc', destination: '/:path*', permanent: false }] }\n",
  'latchkey.ts':
    "import { latchkey } from 'latchkey/next'\nimport document from './latchkey.json'\n\nexport const { proxy, guard } = latchkey({ document })\n",
  'proxy.ts': "export { proxy } from './latchkey'\n",
  'app/layout.tsx': 'export default function Layout({ children }) { return <html>{children}</html> }\n',
  'app/page.tsx': 'export default function Page() { return <p>home</p> }\n',
  'app/api/health/route.ts': HANDLER,
  'app/api/orders/[id]/route.ts': HANDLER,
}

/** The same with a gate that judges every path. */
export const WHOLE_APP: Files = {
  ...APP,
  'latchkey.ts': null,
  'proxy.ts':
    "import { middleware } from 'latchkey/vercel'\nimport document from './latchkey.json'\n\nexport const proxy = middleware({ document })\n",
}

/** A gate's file with a matcher, written as it is given. */
export function withMatcher(files: Files, matcher: string): Files {
  return { ...files, 'proxy.ts': `${files['proxy.ts']}\nexport const config = { matcher: ${matcher} }\n` }
}

/** Writes a project into a folder of the test's own. */
export function projectOf(files: Files): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-project-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    if (text === null) continue
    mkdirSync(join(folder, dirname(path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

export function settings(document: Document): Settings {
  const result = validate(document)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  return settingsOf(result.document, { transport: 'https' })
}

/** What is found in a project. */
export function checked(files: Files, document: Document = API): Checked {
  const project = projectIn(projectOf(files))
  if (!project) throw new Error('no project')
  return checkProject(settings(document), project)
}
