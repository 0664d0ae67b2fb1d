import { posix } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Module } from './given/modules.ts'
import { filesUnder, moduleOf, modulesUnder, textOf } from './given/modules.ts'

const modules = modulesUnder('src', 'adapters')
const byPath = new Map(modules.map((module) => [module.path, module]))

/** The floors of the house, from the bottom. A folder of adapters is a floor's room of its own. */
const FLOORS: readonly (readonly [floor: number, path: RegExp])[] = [
  [0, /^src\/lib\//],
  [1, /^src\/model\//],
  [2, /^src\/(?:crypto|imports|key-sets|keys|limiters|secrets|sinks|stores|dialects)\//],
  [3, /^src\/(?:verifiers|policies)\//],
  [4, /^src\/[^/]+$/],
  // Key management knows nothing of the gate that judges for it.
  [4.5, /^src\/http\/keys\//],
  [5, /^src\/http\/[^/]+$/],
  // Policies are lists of what passes; who asks for them is no matter.
  [5.5, /^adapters\/aws\/policy\//],
  // They stand on the authorizer's own reading of events.
  [6.5, /^adapters\/aws\/(?:admin|guard)\//],
  [6, /^adapters\//],
  [7, /^src\/cli\//],
]

/** The only modules that may know Node. */
const ON_NODE =
  /^(?:src\/crypto\/node\.ts|src\/key-sets\/(?:documents-by-http|reading-by-http|signature-by-node|signing-by-node)\.ts|src\/secrets\/(?:aws|aws-extension|aws-services|file)\.ts|src\/(?:stores|limiters)\/(?:sqlite|dynamodb)\.ts|src\/lib\/(?:aws-call|aws-rest-call|builtin|dynamodb-call|node-http|sqlite-file)\.ts|src\/cli\/.*|adapters\/(?:node|aws)\/.*)$/

/** Where each package may be imported; one that is not here may be imported nowhere. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  hono: /^(?:src\/http\/|adapters\/(?:node|cloudflare|aws\/admin|identity)\/|adapters\/vercel\/app\.ts$)/,
  '@hono/node-server': /^adapters\/node\//,
  '@grpc/grpc-js': /^adapters\/node\/(?:ext-authz|grpc|grpc-access)\.ts$/,
  '@vercel/functions': /^adapters\/vercel\//,
  valibot: /^src\/(?:(?:schema|validate)\.ts$|http\/keys\/)/,
  citty: /^src\/cli\//,
  fflate: /^src\/cli\/bundle\.ts$/,
  jose: /^(?:src\/(?:identity-proof|verifiers\/(?:jwt-token|own-token)|key-sets\/(?:key-set|own-key|sign|signing|signature-by-jose)|cli\/jwt\/signer)|adapters\/identity\/proof)\.ts$/,
  aws4: /^src\/lib\/aws-(?:call|rest-call)\.ts$/,
  yaml: /^src\/cli\/aws\/templates\/yaml\.ts$/,
  '@babel/parser': /^src\/cli\/vercel\/source\.ts$/,
  'path-to-regexp': /^src\/cli\/vercel\/matcher\.ts$/,
  // The document that a build has put into the bundle.
  'latchkey:document': /^adapters\/(?:aws|cloudflare)\//,
  'latchkey:equipment': /^adapters\/cloudflare\//,
  'latchkey:kinds': /^adapters\/aws\//,
  'latchkey:classes': /^adapters\/cloudflare\//,
}

function floorOf(path: string): number | undefined {
  return FLOORS.find(([, pattern]) => pattern.test(path))?.[0]
}

/** A folder is a room; that of the command line has chambers, one for each command that is many. */
function roomOf(path: string): string {
  return path.startsWith('src/cli/') ? 'src/cli' : posix.dirname(path)
}

/** What a module reaches by its imports, itself included. */
function reached(from: string, importsOf: (module: Module) => readonly string[]): Module[] {
  const found = new Map<string, Module>()
  const waiting = [from]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const module = byPath.get(path)
    if (!module || found.has(path)) continue
    found.set(path, module)
    waiting.push(...importsOf(module))
  }
  return [...found.values()]
}

const everything = ({ modules: imported }: Module) => imported
const atStart = ({ loads }: Module) => loads

function nameOfPackage(name: string): string {
  return name.startsWith('@') ? name.split('/', 2).join('/') : (name.split('/')[0] as string)
}

describe('reading modules', () => {
  const imports = [
    `import a from './a.ts'`,
    `import type { B } from '../b.ts'`,
    `import {\n  c,\n  type D,\n} from './c/d.ts'`,
    `import './e.ts'`,
    `export { f } from './f.ts'`,
    `export * from './g.ts'`,
    `export type { H } from './h.ts'`,
    `const later = () => import('./i.ts')`,
    `type J = import('./j.ts').J`,
  ]

  test.each(imports)('finds %j', (line) => {
    expect(moduleOf('src/x/here.ts', line).modules).toHaveLength(1)
  })

  test('resolves names from where they stand, and tells apart what is loaded', () => {
    const lines = [
      `import type { B } from '../b.ts'`,
      `import { type C, c } from './c.ts'`,
      `import { join } from 'node:path'`,
      `await import('./i.ts') // import './no.ts'`,
    ]
    const { modules: own, packages, loads } = moduleOf('src/x/here.ts', lines.join('\n'))
    expect({ own, packages, loads }).toEqual({
      own: ['src/b.ts', 'src/x/c.ts', 'src/x/i.ts'],
      packages: ['node:path'],
      loads: ['src/x/c.ts', 'node:path'],
    })
  })

  test('misses no line that ends in a module name', () => {
    for (const { path, text, modules: own, packages } of modules) {
      const written = new Set(Array.from(text.matchAll(/\bfrom '([^']+)'$/gm), (match) => match[1]))
      expect(own.length + packages.length, path).toBeGreaterThanOrEqual(written.size)
    }
  })
})

describe('the floors', () => {
  test('are those of the design, and every module stands on one', () => {
    expect(modules.length).toBeGreaterThan(50)
    expect(modules.filter(({ path }) => floorOf(path) === undefined).map(({ path }) => path)).toEqual([])
  })

  test('a module imports only from lower floors and its own folder, types included', () => {
    const wrong = modules.flatMap(({ path, modules: imported }) =>
      imported
        .filter((to) => roomOf(to) !== roomOf(path))
        .filter((to) => (floorOf(to) ?? Number.POSITIVE_INFINITY) >= (floorOf(path) as number))
        .map((to) => `${path} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })

  test('no import leads back, types included', () => {
    const cycles = modules.filter(({ path, modules: imported }) =>
      imported.some((to) => reached(to, everything).some((module) => module.path === path)),
    )
    expect(cycles.map(({ path }) => path)).toEqual([])
  })

  test('everything that is imported is there', () => {
    const missing = modules.flatMap(({ path, modules: imported }) =>
      imported.filter((to) => !byPath.has(to)).map((to) => `${path} imports ${to}`),
    )
    expect(missing).toEqual([])
  })

  test('no adapter knows another one', () => {
    const folderOf = (path: string) => /^adapters\/[^/]+\//.exec(path)?.[0]
    const wrong = modules.flatMap(({ path, modules: imported }) =>
      imported
        .filter((to) => folderOf(path) !== undefined && folderOf(to) !== undefined && folderOf(to) !== folderOf(path))
        .map((to) => `${path} imports ${to}`),
    )
    expect(wrong).toEqual([])
  })
})

describe('what is imported from outside', () => {
  test("only the modules that are named for it know Node's own", () => {
    const wrong = modules.filter(
      ({ path, packages }) => !ON_NODE.test(path) && packages.some((name) => name.startsWith('node:')),
    )
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('the core, the Worker and the Vercel middleware reach no Node module in any way', () => {
    const reachable = [
      'src/index.ts',
      'src/http/hono.ts',
      'adapters/cloudflare/index.ts',
      'adapters/vercel/index.ts',
      'adapters/vercel/next.ts',
      'adapters/vercel/app.ts',
      'adapters/identity/index.ts',
    ]
      .flatMap((entry) => reached(entry, everything))
      .filter(({ path }) => ON_NODE.test(path))
    expect(reachable.map(({ path }) => path)).toEqual([])
  })

  test('each package is imported only where it is needed', () => {
    const wrong = modules.flatMap(({ path, packages }) =>
      packages
        .filter((name) => !name.startsWith('node:') && !PACKAGES[nameOfPackage(name)]?.test(path))
        .map((name) => `${path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  test.each([
    ['adapters/aws/index.ts', ['hono', '@hono/node-server', 'valibot', 'citty', '@vercel/functions']],
    ['adapters/aws/guard/index.ts', ['hono', '@hono/node-server', 'valibot', 'citty', '@vercel/functions']],
    ['adapters/cloudflare/index.ts', ['@hono/node-server', 'valibot', 'citty', '@vercel/functions']],
    ['adapters/vercel/index.ts', ['@hono/node-server', 'valibot', 'citty']],
    ['adapters/node/index.ts', ['@grpc/grpc-js']],
    ['src/cli/main.ts', ['@grpc/grpc-js']],
    ['src/cli/check.ts', ['@babel/parser', 'path-to-regexp', 'yaml']],
    ['src/index.ts', ['hono', '@hono/node-server', 'citty', '@vercel/functions']],
  ])('%s loads none of %j when it starts', (entry, forbidden) => {
    const loaded = reached(entry, atStart)
    expect(loaded.length).toBeGreaterThan(3)
    const found = loaded.flatMap(({ path, loads }) =>
      loads.filter((name) => forbidden.includes(nameOfPackage(name))).map((name) => `${path} loads ${name}`),
    )
    expect(found).toEqual([])
  })

  test('no Fetch object is on the path of the Lambda authorizer', () => {
    const loaded = reached('adapters/aws/index.ts', atStart)
    const wrong = loaded.filter(({ text }) => /\bnew (?:Request|Response|Headers)\b|\bfetch\(/.test(text))
    expect(wrong.map(({ path }) => path)).toEqual([])
    expect(loaded.filter(({ path }) => path.startsWith('src/http/'))).toEqual([])
  })
})

describe('what stands in the files', () => {
  const texts = [
    ...filesUnder('src', 'adapters', 'test', 'docs', 'examples', 'bench', 'scripts', 'e2e').filter((path) =>
      /\.(?:ts|tsx|js|mjs|json|ndjson|md|toml|yml|yaml)$/.test(path),
    ),
    ...['README.md', 'package.json', 'package-lock.json', 'wrangler.toml'],
  ].map((path) => ({ path, text: textOf(path) }))

  test('no absolute path of the machine that it was written on', () => {
    const machine = /(?<![\w.:/-])\/(?:home|root|Users|work|tmp|mnt|srv)\/[A-Za-z]/
    expect(texts.filter(({ text }) => machine.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('no host of a package registry, and none in a lockfile', () => {
    const hosts = /\bhttps?:\/\/[^\s'"]*(?:registry|npmjs|verdaccio|artifactory|jfrog)|"resolved":\s*"http/
    expect(texts.filter(({ text }) => hosts.test(text)).map(({ path }) => path)).toEqual([])
  })
})
