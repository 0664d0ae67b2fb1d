import { segmentsOf } from '../../lib/path.ts'
import type { ProjectFiles } from './files.ts'

/** What kind of file answers requests. */
export type ServedKind = 'app-handler' | 'app-page' | 'pages-handler' | 'pages-page' | 'function'

/** A file of a project that answers requests, and the paths that it serves. */
export interface Served {
  readonly file: string
  readonly kind: ServedKind
  /** `[id]` is any segment. */
  readonly segments: readonly string[]
  /** Whether more segments may follow: some, or none too. */
  readonly tail: 'none' | 'some' | 'any'
}

/** Where Next looks: at the top, else in `src/`. Undefined: the project has no such folder. */
export interface Folders {
  readonly app: string | undefined
  readonly pages: string | undefined
}

export function foldersOf({ paths }: ProjectFiles): Folders {
  const find = (name: string) =>
    [name, `src/${name}`].find((folder) => paths.some((path) => path.startsWith(`${folder}/`)))
  return { app: find('app'), pages: find('pages') }
}

/** Everything of a Next project that answers requests. */
export function servedByNext(
  { paths }: ProjectFiles,
  { app, pages }: Folders,
  extensions: readonly string[],
  basePath: string,
): Served[] {
  const ending = new RegExp(`\\.(?:${extensions.map((each) => each.replace(/[^\w]/g, '\\$&')).join('|')})$`)
  const base = basePath === '' ? [] : segmentsOf(basePath)
  return paths.flatMap((file) => {
    if (!ending.test(file)) return []
    const stem = file.replace(ending, '')
    const found = within(stem, app, ofApp) ?? within(stem, pages, ofPages)
    return found ? [{ ...found, file, segments: [...base, ...found.segments] }] : []
  })
}

type Found = Omit<Served, 'file'>

function within(
  stem: string,
  folder: string | undefined,
  read: (segments: string[]) => Found | undefined,
): Found | undefined {
  return folder !== undefined && stem.startsWith(`${folder}/`)
    ? read(stem.slice(folder.length + 1).split('/'))
    : undefined
}

/** `app/(group)/orders/[id]/route`. Parallel and intercepting folders show what other paths serve. */
function ofApp(segments: string[]): Found | undefined {
  const name = segments.pop()
  if (name !== 'route' && name !== 'page') return undefined
  if (segments.some((each) => each.startsWith('_') || /^\(\.+\)/.test(each))) return undefined
  const shown = segments.filter((each) => !/^\(.*\)$/.test(each) && !each.startsWith('@'))
  return patternOf(shown, name === 'route' ? 'app-handler' : 'app-page')
}

const OF_NEXT = new Set(['_app', '_document', '_error', '_middleware', '404', '500'])

function ofPages(segments: string[]): Found | undefined {
  if (segments.length === 1 && OF_NEXT.has(segments[0] as string)) return undefined
  const shown = segments.at(-1) === 'index' ? segments.slice(0, -1) : segments
  return patternOf(shown, segments[0] === 'api' ? 'pages-handler' : 'pages-page')
}

/** Functions of a project without Next: what lies in `api/`. */
export function servedByVercel({ paths }: ProjectFiles): Served[] {
  return paths.flatMap((file) => {
    if (!/^api\/.*\.(?:js|mjs|ts|tsx)$/.test(file) || file.endsWith('.d.ts') || /\/[._]/.test(file)) return []
    const segments = file.replace(/\.\w+$/, '').split('/')
    const shown = segments.at(-1) === 'index' ? segments.slice(0, -1) : segments
    return [{ ...patternOf(shown, 'function'), file }]
  })
}

function patternOf(written: readonly string[], kind: ServedKind): Found {
  const segments = written.map((each) => each.replaceAll('%5F', '_'))
  const last = segments.at(-1) ?? ''
  const tail = /^\[\[\.\.\..*\]\]$/.test(last) ? 'any' : /^\[\.\.\..*\]$/.test(last) ? 'some' : 'none'
  return { kind, tail, segments: tail === 'none' ? segments : segments.slice(0, -1) }
}

/** Any one segment. */
export function isAny(segment: string): boolean {
  return /^\[.*\]$/.test(segment)
}

/** Whether a file serves a path. */
export function serves({ segments, tail }: Served, path: string): boolean {
  const asked = path === '/' ? [] : segmentsOf(path.replace(/\/$/, ''))
  const more = asked.length - segments.length
  if (tail === 'none' ? more !== 0 : more < (tail === 'some' ? 1 : 0)) return false
  return segments.every((each, place) => isAny(each) || each === asked[place])
}

/** The path of a file as people write it: `/orders/[id]`. */
export function shownPath({ segments, tail }: Served): string {
  return `/${[...segments, ...(tail === 'none' ? [] : ['[...]'])].join('/')}`
}

export function isHandler({ kind }: Served): boolean {
  return kind !== 'app-page' && kind !== 'pages-page'
}
