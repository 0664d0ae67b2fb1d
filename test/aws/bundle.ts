import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Metafile } from 'esbuild'
import { build } from 'esbuild'
import { stamp } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'

const HANDLER = fileURLToPath(new URL('../../adapters/aws/handler.ts', import.meta.url))

/** A built Lambda handler; what it loads later are files beside it, as in a deployment. */
export interface Bundle {
  readonly path: string
  /** What is loaded at its start. */
  readonly code: string
  /** What went into that, by path from the root of the repository. */
  readonly inputs: readonly string[]
  remove(): Promise<void>
}

/** Bundles the handler with a document of its own, in a folder of its own. */
export async function bundle(document: Document): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-aws-'))
  const path = join(folder, 'authorizer.mjs')
  const { metafile } = await build({
    entryPoints: [HANDLER],
    outdir: folder,
    entryNames: 'authorizer',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'es2023',
    metafile: true,
    plugins: [
      {
        name: 'latchkey:document',
        setup(on) {
          on.onResolve({ filter: /^latchkey:document$/ }, ({ path: id }) => ({ path: id, namespace: 'document' }))
          on.onLoad({ filter: /.*/, namespace: 'document' }, () => ({
            contents: JSON.stringify(stamp(document)),
            loader: 'json',
          }))
          on.onResolve({ filter: /\/validate\.ts$/ }, () => ({ path: './validate.mjs', external: true }))
        },
      },
    ],
  })
  const { outputs } = metafile
  const entry = Object.keys(outputs).find((output) => output.endsWith('/authorizer.mjs')) as string
  const started = atStart(entry, outputs)
  return {
    path,
    code: (await Promise.all(started.map((output) => readFile(output, 'utf8')))).join('\n'),
    // What was read and left out again is not in it.
    inputs: started.flatMap((output) =>
      Object.entries(outputs[output]?.inputs ?? {}).flatMap(([input, { bytesInOutput }]) =>
        bytesInOutput > 0 ? [input] : [],
      ),
    ),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A file and what it imports, but for what it loads later. */
function atStart(entry: string, outputs: Metafile['outputs']): string[] {
  const found = new Set([entry])
  for (const output of found) {
    for (const { path, kind } of outputs[output]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path]) found.add(path)
  }
  return Array.from(found)
}
