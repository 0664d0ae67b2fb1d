import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Source } from './source.ts'
import { sourceOf } from './source.ts'

/** The files of a project, without what tools have put there. */
export interface ProjectFiles {
  /** From the top of the project, with `/`, in order. */
  readonly paths: readonly string[]
  /** Undefined where there is no such file. */
  text(path: string): string | undefined
  /** A module; undefined where there is none, or it cannot be read. */
  source(path: string): Source | undefined
  /** The text of a file in the folder, or in the nearest one above it that has it: what a workspace shares. */
  above(path: string): string | undefined
}

const MADE = new Set(['node_modules', 'dist', 'build', 'out', 'coverage'])

/** Reads a project's folder; undefined where it is none. */
export function filesIn(folder: string): ProjectFiles | undefined {
  const paths = pathsUnder(folder, '')
  if (!paths) return undefined
  const known = new Set(paths)
  const sources = new Map<string, Source | undefined>()
  const text = (path: string) => (known.has(path) ? textAt(join(folder, path)) : undefined)
  return {
    paths,
    text,
    source(path) {
      if (!sources.has(path)) sources.set(path, sourceOf(path, text(path) ?? ''))
      return known.has(path) ? sources.get(path) : undefined
    },
    above(path) {
      for (let at = resolve(folder); ; at = dirname(at)) {
        const found = textAt(join(at, path))
        if (found !== undefined || dirname(at) === at) return found
      }
    },
  }
}

function pathsUnder(folder: string, below: string): string[] | undefined {
  try {
    return readdirSync(join(folder, below), { withFileTypes: true })
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .flatMap((entry) => {
        const path = below === '' ? entry.name : `${below}/${entry.name}`
        if (entry.isDirectory()) {
          return MADE.has(entry.name) || entry.name.startsWith('.') ? [] : (pathsUnder(folder, path) ?? [])
        }
        return entry.isFile() ? [path] : []
      })
  } catch {
    return undefined
  }
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const ENDINGS = ['', '.ts', '.tsx', '.js', '.jsx', '.mts', '.mjs', '/index.ts', '/index.tsx', '/index.js']

/** The module of the project that another one imports by a relative name, or by `@/`; undefined for all else. */
export function importedBy(files: ProjectFiles, from: string, name: string): string | undefined {
  const folders = name.startsWith('.') ? [dirname(from)] : /^[@~]\//.test(name) ? ['.', 'src'] : []
  const rest = name.replace(/^[@~]\//, '')
  for (const folder of folders) {
    const path = join(folder, rest).replaceAll('\\', '/')
    const bare = path.replace(/\.[cm]?js$/, '')
    const found = ENDINGS.flatMap((ending) => [path + ending, bare + ending]).find((each) => files.paths.includes(each))
    if (found !== undefined) return found
  }
  return undefined
}
