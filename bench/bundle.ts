import type { BuildOptions, Plugin } from 'esbuild'
import { build } from 'esbuild'

/** What every side of a comparison is bundled with. */
const COMMON: BuildOptions = { bundle: true, minify: true, format: 'esm', target: 'es2023', logLevel: 'error' }

/** Bundles one module for Workers, as text. The validator stays outside, as in the build: nothing loads it here. */
export async function workerBundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    ...COMMON,
    entryPoints: [entry],
    platform: 'browser',
    conditions: ['workerd', 'worker'],
    write: false,
    plugins: [validatorOutside],
  })
  return outputFiles?.[0]?.text ?? ''
}

/** Bundles modules for Lambda, each into one file. */
export async function lambdaBundles(
  entries: Readonly<Record<string, string>>,
  folder: string,
  defined: Readonly<Record<string, string>>,
): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: { ...entries },
    platform: 'node',
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    define: { ...defined },
    // What signs requests to AWS is CommonJS, and asks for Node's own modules when it runs.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    plugins: [validatorOutside],
  })
}

/** As in the build, the validator is a file beside the bundle: nothing loads it for a document that was checked. */
const validatorOutside: Plugin = {
  name: 'validator outside',
  setup({ onResolve }) {
    onResolve({ filter: /\/validate\.ts$/ }, () => ({ path: './validate.mjs', external: true }))
  },
}
