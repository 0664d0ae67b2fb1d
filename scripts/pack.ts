import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Makes the package that is published. The repository's own manifest is a private one: it carries the tools and a Node
 * for the tests, none of which may reach those who install Latchkey.
 */
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const STAGE = join(ROOT, 'dist', 'package')

/** Stages the package from a finished build, in a folder of its own, and gives the path of the tarball. */
export function pack(stage: string = STAGE): string {
  // A tarball of another version would be unpacked into the image too.
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(join(stage, 'dist'), { recursive: true })
  for (const name of readdirSync(join(ROOT, 'dist'))) {
    if (/\.d?\.?mjs$|\.d\.mts$/.test(name)) cpSync(join(ROOT, 'dist', name), join(stage, 'dist', name))
  }
  // What `latchkey bundle` puts together.
  cpSync(join(ROOT, 'dist/aws-parts'), join(stage, 'dist/aws-parts'), { recursive: true })
  for (const name of ['README.md', 'LICENSE', 'SECURITY.md', 'latchkey.schema.json']) {
    cpSync(join(ROOT, name), join(stage, name))
  }
  // What the vendors' own tools make a store of.
  cpSync(join(ROOT, 'migrations'), join(stage, 'migrations'), { recursive: true })
  const {
    private: _,
    scripts,
    devDependencies,
    optionalDependencies,
    ...manifest
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts'], { cwd: stage, encoding: 'utf8' }),
  )
  return join(stage, packed.filename)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(pack())
