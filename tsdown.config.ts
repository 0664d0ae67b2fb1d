import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
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
    'aws-admin': 'adapters/aws/admin/index.ts',
    'aws-guard': 'adapters/aws/guard/index.ts',
    vercel: 'adapters/vercel/index.ts',
    'vercel-app': 'adapters/vercel/app.ts',
    next: 'adapters/vercel/next.ts',
    identity: 'adapters/identity/index.ts',
    node: 'adapters/node/index.ts',
    grpc: 'adapters/node/grpc.ts',
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

/** A document with the host that it is deployed on. */
interface Deployment {
  /** Of all its builds: `tsdown --filter worker`. */
  readonly name: string
  readonly document: string
  readonly entry: string
  /** What runs for every request. */
  readonly file: string
  /** Modules that few requests need, and that are files beside it. */
  readonly later: readonly string[]
}

/** Everything inside but what is loaded later. What an earlier build has left there is removed. */
function deployment({ name, document, entry, file, later }: Deployment): UserConfig[] {
  const extension = extname(file)
  const isLambda = extension === '.mjs'
  const files = [file, ...later.map((path) => join(dirname(file), basename(path, '.ts') + extension))]
  const common: UserConfig = {
    name,
    outDir: dirname(file),
    format: 'esm',
    platform: isLambda ? 'node' : 'browser',
    outExtensions: () => ({ js: extension }),
    target: 'es2023',
    dts: false,
    minify: true,
    outputOptions: { comments: false, ...(isLambda && { chunkFileNames: `${name}-[name].mjs` }) },
    // Several functions are deployed from one folder.
    clean: isLambda ? files : true,
    deps: { alwaysBundle: [/.*/], onlyBundle: false },
  }
  return [
    {
      ...common,
      entry: { [basename(file, extension)]: entry },
      plugins: [bundledDocument(document), loadedLater(later, extension)],
    },
    ...later.map((path) => ({
      ...common,
      entry: { [basename(path, '.ts')]: path },
      // Of these only what tells faults loads another one.
      ...(path === FAULTY && { plugins: [loadedLater([VALIDATOR], extension)] }),
    })),
  ]
}

const FAULTY = 'src/faulty.ts'
const VALIDATOR = 'src/validate.ts'
/** What a gate may be asked for, and most never are. */
const FOR_GATES = ['src/http/forward-auth.ts', 'src/http/signed-identity.ts']

/** What every Lambda function may load. */
const LATER_ON_LAMBDA = [FAULTY, VALIDATOR, 'src/secrets/aws.ts', 'adapters/aws/metrics.ts']

/** And one with issued keys. */
const LATER_FOR_KEYS = ['adapters/aws/dynamodb.ts', 'src/imported-keys.ts', 'src/key-recorder.ts', 'src/limits.ts']

/** The gate of a document as a Worker. */
function worker(name: string, document: string): UserConfig[] {
  const ofKeys = ['src/http/manage.ts', 'src/imported-keys.ts', 'src/key-recorder.ts', 'src/stores/cloudflare-kv.ts']
  const ofTokens = ['src/key-sets/reading-by-fetch.ts', 'src/own-tokens.ts']
  return deployment({
    name,
    document,
    entry: 'adapters/cloudflare/entry.ts',
    file: `dist/${name}/index.js`,
    later: [
      FAULTY,
      VALIDATOR,
      ...FOR_GATES,
      ...(has('api-key', documentAt(document)) ? ofKeys : []),
      ...(has('jwt', documentAt(document)) ? ofTokens : []),
    ],
  })
}

interface Plugin {
  readonly name: string
  resolveId(source: string, importer?: string): { id: string; external?: boolean } | undefined
  load?(id: string): string | undefined
}

/**
 * `latchkey:document` is the document that a deployment carries, validated when it is built; `latchkey:equipment` is what
 * that document needs beside the core, and nothing else, and so is `latchkey:kinds` in a Lambda function; `latchkey:classes`
 * are the Durable Objects that it may be bound to.
 */
function bundledDocument(path: string): Plugin {
  const modules: Readonly<Record<string, () => string>> = {
    'latchkey:document': () => `export default ${JSON.stringify(stamp(withoutSchema(documentAt(path))))}`,
    'latchkey:equipment': () => equipmentOf(documentAt(path)),
    'latchkey:kinds': () => kindsOf(documentAt(path)),
    'latchkey:classes': () => classesOf(documentAt(path)),
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

function has(kind: string, { credentials }: Document): boolean {
  return credentials.some((credential) => credential.kind === kind)
}

/** Where the kinds of credential are, by the name that the Worker's module exports. */
const KINDS: readonly (readonly [kind: string, name: string, path: string])[] = [
  ['api-key', 'apiKey', 'adapters/cloudflare/api-key.ts'],
  ['gateway-key', 'gatewayKey', 'src/gateway-key.ts'],
  ['jwt', 'jwt', 'src/jwt-by-fetch.ts'],
]

/** What a Lambda function's entry file would name by hand. */
function kindsOf({ credentials }: Document): string {
  const kinds = KINDS.filter(([kind]) => credentials.some((credential) => credential.kind === kind))
  const imports = kinds.map(([kind, name]) => {
    const path = fileURLToPath(new URL(`adapters/aws/${kind}.ts`, import.meta.url))
    return `import { ${name} } from ${JSON.stringify(path)}`
  })
  return [...imports, `export const kinds = [${kinds.map(([, name]) => name)}]`].join('\n')
}

/** What a Worker's entry file would name by hand. */
function equipmentOf({ credentials, limiter, webhooks }: Document): string {
  const isCounted = credentials.some(({ kind, limits }) => limits && kind !== 'api-key') || limiter !== undefined
  const kinds = KINDS.filter(([kind]) => credentials.some((credential) => credential.kind === kind))
  const verifiers = kinds.map(([, name]) => name)
  const parts = [...(isCounted ? ['limits'] : []), ...(webhooks ? ['webhooks'] : [])]
  const files = new Map(kinds.map(([, name, path]) => [name, path]))
  const from = (name: string) =>
    JSON.stringify(fileURLToPath(new URL(files.get(name) ?? `adapters/cloudflare/${name}.ts`, import.meta.url)))
  const imports = [...verifiers, ...parts].map((name) => `import { ${name} } from ${from(name)}`)
  return [...imports, `export const verifiers = [${verifiers}]`, `export const parts = [${parts}]`].join('\n')
}

/** A Worker exports the class of what its document may count in, and can be bound to it. */
function classesOf({ limiter }: Document): string {
  const path = fileURLToPath(new URL('src/limiters/cloudflare-durable-object.ts', import.meta.url))
  return limiter === undefined ? 'export {}' : `export { LatchkeyCounters } from ${JSON.stringify(path)}`
}

/** Where its JSON Schema is concerns a document's editors only. */
function withoutSchema({ $schema: _, ...document }: Document): Document {
  return document
}

/** One file for what every request runs compresses better than chunks that a module shares with it which few need. */
function loadedLater(paths: readonly string[], extension: string): Plugin {
  const modules = new Map(paths.map((path) => [resolve(path), `./${basename(path, '.ts')}${extension}`]))
  return {
    name: 'latchkey:later',
    resolveId(source, importer) {
      const id = importer && modules.get(resolve(dirname(importer), source))
      return id ? { id, external: true } : undefined
    },
  }
}

export default defineConfig([
  library,
  ...worker('worker', 'latchkey.json'),
  ...worker('worker-keys', 'examples/worker-keys/latchkey.json'),
  ...worker('worker-jwt', 'examples/worker-jwt/latchkey.json'),
  ...deployment({
    name: 'authorizer',
    document: 'latchkey.json',
    entry: 'adapters/aws/handler.ts',
    file: 'dist/aws/authorizer.mjs',
    later: [...LATER_ON_LAMBDA, 'adapters/aws/kept.ts', 'adapters/aws/objections.ts', 'adapters/aws/rarer.ts'],
  }),
  ...deployment({
    name: 'admin',
    document: 'examples/aws-keys/latchkey.json',
    entry: 'adapters/aws/admin/handler.ts',
    file: 'dist/aws/admin.mjs',
    later: [...LATER_ON_LAMBDA, ...LATER_FOR_KEYS, 'src/http/manage.ts', ...FOR_GATES],
  }),
])
