import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Lays into a folder what `npm install latchkey` would bring; its dependencies are those of the package around it. */
export function stage(folder: string): void {
  if (!existsSync('dist/vercel.mjs')) throw new Error('build first: npm run build')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'dist'), { recursive: true })
  cpSync('package.json', join(folder, 'package.json'))
  for (const name of readdirSync('dist').filter((each) => each.endsWith('.mjs') || each.endsWith('.d.mts'))) {
    cpSync(join('dist', name), join(folder, 'dist', name))
  }
}
