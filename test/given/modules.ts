import { readdirSync, readFileSync } from 'node:fs'
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
  /** The part of `modules` that is loaded only when it is needed. */
  readonly deferred: ReadonlySet<string>
}

/** The files under folders of the project, without what tools have made or put there. */
export function filesUnder(...folders: readonly string[]): string[] {
  const isMade = (path: string) => path.split('/').some((name) => /^(?:node_modules|dist|\..+)$/.test(name))
  return folders
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
    .filter((path) => path.endsWith('.ts'))
    .map((path) => moduleOf(path, textOf(path)))
}

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm
const STATIC = /^\s*(?:import|export)\s(?:[^'";]*?\bfrom\s+)?'([^']+)'/gm
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g

/** Takes a module's imports out of its text. */
export function moduleOf(path: string, text: string): Module {
  const code = text.replace(COMMENT, '')
  const named = (pattern: RegExp) => Array.from(code.matchAll(pattern), (match) => match[1] as string)
  const all = [...named(STATIC), ...named(DYNAMIC)]
  const resolved = (name: string) => posix.join(posix.dirname(path), name)
  const isOwn = (name: string) => name.startsWith('.')
  const isStatic = new Set(named(STATIC).filter(isOwn).map(resolved))
  return {
    path,
    text,
    modules: [...new Set(all.filter(isOwn).map(resolved))],
    packages: [...new Set(all.filter((name) => !isOwn(name)))],
    deferred: new Set(
      named(DYNAMIC)
        .filter(isOwn)
        .map(resolved)
        .filter((each) => !isStatic.has(each)),
    ),
  }
}
