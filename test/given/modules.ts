import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'

const ROOT = new URL('../../', import.meta.url)

/** A source file: where it is, and what it imports, types included. */
export interface Module {
  /** From the top of the project, such as `src/lib/ip.ts`. */
  readonly path: string
  readonly text: string
  /** Modules of the project, by path. */
  readonly modules: readonly string[]
  /** Everything else: packages and Node's own modules, as they are written. */
  readonly packages: readonly string[]
  /** The part of both that is loaded with the module: no types, and nothing that waits until it is needed. */
  readonly loads: readonly string[]
}

/** The files under folders of the project, without what tools have made or put there. */
export function filesUnder(...folders: readonly string[]): string[] {
  const isMade = (path: string) => path.split('/').some((name) => /^(?:node_modules|dist|\..+)$/.test(name))
  return folders
    .filter((folder) => existsSync(new URL(folder, ROOT)))
    .flatMap((folder) =>
      readdirSync(new URL(folder, ROOT), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => posix.relative(ROOT.pathname, posix.join(entry.parentPath, entry.name))),
    )
    .filter((path) => !isMade(path))
    .sort()
}

export function textOf(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8')
}

/** Reads every TypeScript module under folders of the project. */
export function modulesUnder(...folders: readonly string[]): Module[] {
  return filesUnder(...folders)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => moduleOf(path, textOf(path)))
}

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm
const STATIC = /^\s*(?:import|export)\s(?<type>type\s)?(?:[^'";]*?\bfrom\s+)?'(?<name>[^']+)'/gm
const DYNAMIC = /\bimport\(\s*'(?<name>[^']+)'\s*\)/g

/** Takes a module's imports out of its text. */
export function moduleOf(path: string, text: string): Module {
  const code = text.replace(COMMENT, '')
  const isOwn = (name: string) => name.startsWith('.')
  const resolved = (name: string) => (isOwn(name) ? posix.join(posix.dirname(path), name) : name)
  const groups = [...code.matchAll(STATIC), ...code.matchAll(DYNAMIC)].map((match) => match.groups ?? {})
  const names = groups.map(({ name = '' }) => name)
  const loaded = Array.from(code.matchAll(STATIC), ({ groups: found = {} }) =>
    found['type'] ? [] : [found['name'] ?? ''],
  )
  return {
    path,
    text,
    modules: [...new Set(names.filter(isOwn).map(resolved))],
    packages: [...new Set(names.filter((name) => !isOwn(name)))],
    loads: [...new Set(loaded.flat().map(resolved))],
  }
}
