import { writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Plugin as EsbuildPlugin } from 'esbuild'
import { build } from 'esbuild'
import type { Plugin } from 'rolldown'
import { rolldown } from 'rolldown'

/** Bundles one module for Workers, as text. The validator stays outside, as in the build: nothing loads it here. */
export async function workerBundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    logLevel: 'error',
    entryPoints: [entry],
    platform: 'browser',
    conditions: ['workerd', 'worker'],
    write: false,
    plugins: [validatorOutside],
  })
  return outputFiles?.[0]?.text ?? ''
}

/** As in the build, the validator is a file beside the bundle: nothing loads it for a document that was checked. */
const validatorOutside: EsbuildPlugin = {
  name: 'validator outside',
  setup({ onResolve }) {
    onResolve({ filter: /\/validate\.ts$/ }, () => ({ path: './validate.mjs', external: true }))
  },
}

/**
 * Bundles modules for Lambda, each into one file, as the build does it: what Latchkey loads later are files beside it.
 * A package that is imported later is in the bundle, as `esbuild --bundle` has it.
 */
export async function lambdaBundles(
  entries: Readonly<Record<string, string>>,
  folder: string,
  defined: Readonly<Record<string, string>>,
): Promise<void> {
  const paths = new Map(Object.entries(entries).map(([name, path]) => [`${name}.mjs`, path]))
  // What is met on the way is added at the end.
  for (const [name, path] of paths) await writeFile(join(folder, name), await lambdaBundle(path, paths, defined))
}

async function lambdaBundle(
  entry: string,
  paths: Map<string, string>,
  defined: Readonly<Record<string, string>>,
): Promise<string> {
  const bundle = await rolldown({
    input: entry,
    platform: 'node',
    transform: { target: 'es2023', define: { ...defined } },
    plugins: [laterOutside(paths)],
    onwarn: () => undefined,
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false, codeSplitting: false })
  await bundle.close()
  return output[0].code
}

function laterOutside(paths: Map<string, string>): Plugin {
  return {
    name: 'later outside',
    resolveId(source, importer, { kind }) {
      if (kind !== 'dynamic-import' || !importer || !source.endsWith('.ts')) return undefined
      const name = `${basename(source, '.ts')}.mjs`
      const path = resolve(dirname(importer), source)
      if ((paths.get(name) ?? path) !== path) throw new Error(`two modules would be called ${name}`)
      paths.set(name, path)
      return { id: `./${name}`, external: true }
    },
  }
}
