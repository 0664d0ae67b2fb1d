import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'rolldown'
import { rolldown } from 'rolldown'
import type { LambdaPart, LambdaParts } from '../src/cli/lambda-parts.ts'
import { DOCUMENT_MODULE, PARTS_FILE, withDocument } from '../src/cli/lambda-parts.ts'
import type { CredentialKind } from '../src/model/principal.ts'
import { VERSION } from '../src/version.ts'

/**
 * Builds what `latchkey bundle --host aws` puts together: each function with each set of kinds of credential as one file,
 * as one file starts faster than several, and what they load later as files that all of them share. The document is a
 * module that they import, and that is nowhere: its text is put in the place of the import.
 */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const FOLDER = join(ROOT, 'dist/aws-parts')

type Kind = Exclude<CredentialKind, 'static-token'>

/** Where the kinds of credential are, and by which name. */
const KINDS: Readonly<Record<Kind, string>> = { 'api-key': 'apiKey', jwt: 'jwt', 'gateway-key': 'gatewayKey' }

/** A function, and the sets of kinds that it is built with. */
interface Lambda {
  readonly handler: 'authorizer' | 'admin'
  readonly path: string
  readonly sets: readonly (readonly Kind[])[]
}

const LAMBDAS: readonly Lambda[] = [
  { handler: 'authorizer', path: 'adapters/aws/index.ts', sets: subsets(Object.keys(KINDS) as Kind[]) },
  // Asked now and then: of what documents may leave out only jose weighs anything.
  {
    handler: 'admin',
    path: 'adapters/aws/admin/index.ts',
    sets: [
      ['api-key', 'gateway-key'],
      ['api-key', 'jwt', 'gateway-key'],
    ],
  },
]

/** What a stamped document needs no more. */
const NOT_NEEDED: ReadonlySet<string> = new Set(['validate.mjs'])

/** A built file, and what it loads later, by the names that those have beside it. */
interface Built {
  readonly code: string
  readonly later: ReadonlyMap<string, string>
}

/** Builds every part into a folder, in the place of what is there. */
export async function buildParts(folder: string = FOLDER): Promise<LambdaParts> {
  const files = new Map<string, Built>()
  const parts: LambdaPart[] = []
  for (const { handler, path, sets } of LAMBDAS) {
    for (const kinds of sets) {
      const file = `${[handler, ...kinds].join('.')}.mjs`
      const part = await built(entryOf(handler, path, kinds))
      // Throws here, not where nothing can be built.
      withDocument(part.code, '{}')
      files.set(file, part)
      parts.push({ handler, kinds, file, needs: await neededBy(file, files) })
    }
  }
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const [name, { code }] of files) writeFileSync(join(folder, name), code)
  const manifest: LambdaParts = { version: VERSION, parts }
  writeFileSync(join(folder, PARTS_FILE), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

/** What a user's own entry file would say. */
function entryOf(handler: string, path: string, kinds: readonly Kind[]): string {
  const from = (file: string) => JSON.stringify(join(ROOT, file))
  const names = kinds.map((kind) => KINDS[kind])
  return [
    `import document from '${DOCUMENT_MODULE}'`,
    `import { ${handler} } from ${from(path)}`,
    ...kinds.map((kind) => `import { ${KINDS[kind]} } from ${from(`adapters/aws/${kind}.ts`)}`),
    `export const handler = ${handler}({ document, verifiers: [${names}] })`,
  ].join('\n')
}

/** The files that one file loads later, and what those do, in alphabetical order; each is built when it is met first. */
async function neededBy(file: string, files: Map<string, Built>): Promise<readonly string[]> {
  const found = new Set<string>()
  const waiting = [file]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    for (const [later, path] of (files.get(name) as Built).later) {
      if (NOT_NEEDED.has(later) || found.has(later)) continue
      if (!files.has(later)) files.set(later, await built(`export * from ${JSON.stringify(path)}`))
      found.add(later)
      waiting.push(later)
    }
  }
  return [...found].sort()
}

const ENTRY = 'latchkey:entry'

/** One file of all that an entry loads at once. */
async function built(entry: string): Promise<Built> {
  const paths = new Map<string, string>()
  const bundle = await rolldown({
    input: { entry: ENTRY },
    platform: 'node',
    transform: { target: 'es2023' },
    plugins: [partPlugin(entry, paths)],
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false, codeSplitting: false })
  await bundle.close()
  const [chunk] = output
  const imports = chunk.imports.filter((name) => !name.startsWith('node:') && name !== DOCUMENT_MODULE)
  if (output.length > 1 || imports.length > 0) throw new Error(`a part of a Lambda function imports ${imports}`)
  const later = chunk.dynamicImports.map((name) => [basename(name), paths.get(basename(name)) as string] as const)
  return { code: chunk.code, later: new Map(later) }
}

/** Leaves the document, and whatever is loaded later, outside. */
function partPlugin(entry: string, paths: Map<string, string>): Plugin {
  return {
    name: 'latchkey:part',
    resolveId(source, importer, { kind }) {
      if (source === ENTRY) return `\0${ENTRY}`
      if (source === DOCUMENT_MODULE) return { id: source, external: true }
      if (kind !== 'dynamic-import' || !importer || !source.startsWith('.')) return undefined
      const name = `${basename(source, '.ts')}.mjs`
      const path = resolve(dirname(importer), source)
      if ((paths.get(name) ?? path) !== path) throw new Error(`two modules would be called ${name}`)
      paths.set(name, path)
      return { id: `./${name}`, external: true }
    },
    load: (id) => (id === `\0${ENTRY}` ? entry : undefined),
  }
}

function subsets<T>(all: readonly T[]): readonly (readonly T[])[] {
  let sets: readonly (readonly T[])[] = [[]]
  for (const each of all) sets = sets.flatMap((set) => [set, [...set, each]])
  return sets
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { parts } = await buildParts()
  console.log(`parts of Lambda functions: ${parts.length} (dist/aws-parts)`)
}
