import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { UserConfig } from 'tsdown'
import { defineConfig } from 'tsdown'
import { stamp } from './src/checked.ts'
import type { Document } from './src/document.ts'
import { validateText } from './src/validate.ts'

/** The library: what `npm install latchkey` brings. Dependencies stay outside. */
const library: UserConfig = {
  name: 'library',
  entry: {
    index: 'src/index.ts',
    hono: 'src/http/hono.ts',
    'hono-node': 'adapters/node/hono.ts',
    cloudflare: 'adapters/cloudflare/index.ts',
    aws: 'adapters/aws/index.ts',
    vercel: 'adapters/vercel/index.ts',
    node: 'adapters/node/index.ts',
    cli: 'src/cli/main.ts',
  },
  outDir: 'dist',
  format: 'esm',
  platform: 'neutral',
  deps: { neverBundle: [/^node:/] },
  target: 'es2023',
  fixedExtension: true,
  dts: { oxc: true },
  clean: false,
}

/** A deployment of this repository's own document: everything inside but the validator, which is a file beside it. */
function deployment(name: string, entry: string, extension: 'js' | 'mjs'): UserConfig[] {
  const folder = name === 'authorizer' ? 'dist/aws' : 'dist/worker'
  const common: UserConfig = {
    outDir: folder,
    format: 'esm',
    platform: extension === 'mjs' ? 'node' : 'browser',
    outExtensions: () => ({ js: `.${extension}` }),
    target: 'es2023',
    dts: false,
    minify: true,
    outputOptions: { comments: false },
    clean: false,
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
  }
  return [
    {
      ...common,
      name,
      entry: { [extension === 'mjs' ? name : 'index']: entry },
      plugins: [bundledDocument('latchkey.json'), loadedLater('validate', extension), loadedLater('manage', extension)],
    },
    { ...common, name: `${name} validator`, entry: { validate: 'src/validate.ts' } },
    ...(extension === 'js' ? [{ ...common, name: `${name} management`, entry: { manage: 'src/http/manage.ts' } }] : []),
  ]
}

interface Plugin {
  readonly name: string
  resolveId(source: string): { id: string; external?: boolean } | undefined
  load?(id: string): string | undefined
}

/**
 * `latchkey:document` is the document that a deployment carries, validated when it is built; `latchkey:equipment` is what
 * that document needs beside the core, and nothing else.
 */
function bundledDocument(path: string): Plugin {
  const modules: Readonly<Record<string, () => string>> = {
    'latchkey:document': () => `export default ${JSON.stringify(stamp(withoutSchema(documentAt(path))))}`,
    'latchkey:equipment': () => equipmentOf(documentAt(path)),
  }
  return {
    name: 'latchkey:document',
    resolveId: (source) => (Object.hasOwn(modules, source) ? { id: `\0${source}` } : undefined),
    load: (id) => modules[id.slice(1)]?.(),
  }
}

function documentAt(path: string): Document {
  const result = validateText(readFileSync(path, 'utf8'))
  if (result.ok) return result.document
  throw new Error(result.faults.map(({ pointer, message }) => `${path}${pointer}: ${message}`).join('\n'))
}

/** What a Worker's entry file would name by hand. */
function equipmentOf({ credentials, limiter, webhooks }: Document): string {
  const hasKeys = credentials.some(({ kind }) => kind === 'api-key')
  const isCounted = credentials.some(({ kind, limits }) => limits && kind === 'static-token') || limiter !== undefined
  const verifiers = hasKeys ? ['apiKey'] : []
  const parts = [...(isCounted ? ['limits'] : []), ...(webhooks ? ['webhooks'] : [])]
  const files: Readonly<Record<string, string>> = { apiKey: 'api-key', limits: 'limits', webhooks: 'webhooks' }
  const from = (name: string) =>
    JSON.stringify(fileURLToPath(new URL(`adapters/cloudflare/${files[name]}.ts`, import.meta.url)))
  const imports = [...verifiers, ...parts].map((name) => `import { ${name} } from ${from(name)}`)
  return [...imports, `export const verifiers = [${verifiers}]`, `export const parts = [${parts}]`].join('\n')
}

/** Where its JSON Schema is concerns a document's editors only. */
function withoutSchema({ $schema: _, ...document }: Document): Document {
  return document
}

/** One file for what every request runs compresses better than chunks that a module shares with it which few need. */
function loadedLater(module: string, extension: string): Plugin {
  const id = `./${module}.${extension}`
  return {
    name: `latchkey:${module}`,
    resolveId: (source) => (source === `./${module}.ts` ? { id, external: true } : undefined),
  }
}

export default defineConfig([
  library,
  ...deployment('worker', 'adapters/cloudflare/entry.ts', 'js'),
  ...deployment('authorizer', 'adapters/aws/handler.ts', 'mjs'),
])
