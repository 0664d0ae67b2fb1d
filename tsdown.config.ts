import { readFileSync } from 'node:fs'
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
      plugins: [bundledDocument('latchkey.json'), validatorOutside(`./validate.${extension}`)],
    },
    { ...common, name: `${name} validator`, entry: { validate: 'src/validate.ts' } },
  ]
}

interface Plugin {
  readonly name: string
  resolveId(source: string): { id: string; external?: boolean } | undefined
  load?(id: string): string | undefined
}

/** `latchkey:document` is the document that a deployment carries, validated when it is built. */
function bundledDocument(path: string): Plugin {
  const name = 'latchkey:document'
  return {
    name,
    resolveId: (source) => (source === name ? { id: `\0${name}` } : undefined),
    load(id) {
      if (id !== `\0${name}`) return undefined
      const result = validateText(readFileSync(path, 'utf8'))
      if (result.ok) return `export default ${JSON.stringify(stamp(withoutSchema(result.document)))}`
      throw new Error(result.faults.map(({ pointer, message }) => `${path}${pointer}: ${message}`).join('\n'))
    },
  }
}

/** Where its JSON Schema is concerns a document's editors only. */
function withoutSchema({ $schema: _, ...document }: Document): Document {
  return document
}

/** One file for what every request runs compresses better than chunks that the validator shares with it. */
function validatorOutside(id: string): Plugin {
  const name = 'latchkey:validator'
  return { name, resolveId: (source) => (source === './validate.ts' ? { id, external: true } : undefined) }
}

export default defineConfig([
  library,
  ...deployment('worker', 'adapters/cloudflare/entry.ts', 'js'),
  ...deployment('authorizer', 'adapters/aws/handler.ts', 'mjs'),
])
