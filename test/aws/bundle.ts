import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { stamp } from '../../src/checked.ts'
import type { Document } from '../../src/document.ts'

const HANDLER = fileURLToPath(new URL('../../adapters/aws/handler.ts', import.meta.url))

/** A built Lambda handler: one file, the validator left outside as in a deployment. */
export interface Bundle {
  readonly path: string
  readonly code: string
  /** What went into it, by path from the root of the repository. */
  readonly inputs: readonly string[]
  remove(): Promise<void>
}

/** Bundles the handler with a document of its own, in a folder of its own. */
export async function bundle(document: Document): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-aws-'))
  const path = join(folder, 'authorizer.mjs')
  const { metafile } = await build({
    entryPoints: [HANDLER],
    outfile: path,
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
  return {
    path,
    code: await readFile(path, 'utf8'),
    // What was read and left out again is not in it.
    inputs: Object.values(metafile.outputs).flatMap(({ inputs }) =>
      Object.keys(inputs).filter((path) => (inputs[path]?.bytesInOutput ?? 0) > 0),
    ),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
