import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

const PACKAGE = resolve('e2e/next')
const GENERATOR = join(PACKAGE, 'node_modules/create-next-app/dist/index.js')

/** Makes a Next app by its own generator. `files` are copied into it; undefined removes one. Returns its folder. */
export function generatedApp(name: string, files: Readonly<Record<string, string | undefined>>): string {
  const parent = join(PACKAGE, 'generated')
  const folder = join(parent, name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(parent, { recursive: true })
  // The other template fetches a font.
  const template = ['--typescript', '--app', '--empty', '--no-tailwind', '--no-eslint', '--no-src-dir']
  const rest = ['--import-alias', '@/*', '--skip-install', '--disable-git', '--yes']
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] }
  execFileSync(process.execPath, [GENERATOR, name, ...template, ...rest], { cwd: parent, env, stdio: 'pipe' })
  for (const [to, from] of Object.entries(files)) {
    const path = join(folder, to)
    if (from === undefined) rmSync(path)
    else {
      mkdirSync(dirname(path), { recursive: true })
      cpSync(from, path, { recursive: true })
    }
  }
  return folder
}
