import type { Call, Exported } from './declarations.ts'
import { callsIn, constantsIn, exportsOf, importsOf, resolverOf } from './declarations.ts'
import type { ProjectFiles } from './files.ts'
import { importedBy } from './files.ts'
import type { Place } from './findings.ts'
import type { Source, Written } from './source.ts'
import { isWhole, memberOf, UNREAD, writtenIn } from './source.ts'

/** A proxy or middleware file. */
export interface GateFile {
  readonly file: string
  readonly name: 'proxy' | 'middleware'
  /** Whether the framework looks at this place, under this ending. */
  readonly isRead: boolean
  readonly callsLatchkey: boolean
}

/** What such a file says. */
export interface Gate {
  readonly file: string
  /** Undefined: it has none, and so every path reaches it. */
  readonly matcher: { readonly value: Written; readonly line: number } | undefined
  /** Where it says which runtime it wants. */
  readonly runtime: Place | undefined
  /** Where its function is taken out of an object while it is exported, by which Next 16 finds none. */
  readonly destructured: Place | undefined
  /** The call of Latchkey; undefined where none is seen. */
  readonly latchkey: LatchkeyCall | undefined
}

/** How Latchkey is called. */
export interface LatchkeyCall extends Place {
  readonly from: 'latchkey/next' | 'latchkey/vercel'
  /** Paths under which requests are judged; undefined: all. */
  readonly scope: readonly string[] | undefined | typeof UNREAD
}

/** Which of the folders a framework looks in, and by which endings. */
export interface GatePlaces {
  readonly folder: '' | 'src/'
  readonly endings: readonly string[]
  readonly names: readonly string[]
  /** A file that the project names itself. */
  readonly named?: string | undefined
}

const ALL_ENDINGS = ['ts', 'tsx', 'js', 'jsx', 'mjs', 'mts', 'cjs', 'cts']

/** Every file that may be meant as the gate. */
export function gateFilesOf(files: ProjectFiles, { folder, endings, names, named }: GatePlaces): GateFile[] {
  const { paths } = files
  const candidates = ['', 'src/', 'app/', 'src/app/', 'pages/', 'src/pages/'].flatMap((each) =>
    (['proxy', 'middleware'] as const).flatMap((name) =>
      Array.from(new Set([...endings, ...ALL_ENDINGS]), (ending) => ({
        file: `${each}${name}.${ending}`,
        name,
        isRead: each === folder && endings.includes(ending) && names.includes(name),
      })),
    ),
  )
  const own = { file: named ?? '', name: 'middleware', isRead: true } as const
  const all = named === undefined ? candidates : [own, ...candidates.map((each) => ({ ...each, isRead: false }))]
  return all
    .filter(({ file }, place) => paths.includes(file) && all.findIndex((each) => each.file === file) === place)
    .map((each) => ({ ...each, callsLatchkey: gateOf(files, each)?.latchkey !== undefined }))
}

/** Reads a gate's file; undefined where it cannot be read. */
export function gateOf(files: ProjectFiles, { file, name }: Pick<GateFile, 'file' | 'name'>): Gate | undefined {
  const source = files.source(file)
  if (!source) return undefined
  const config = constantsIn(source).find((each) => each.name === 'config' && each.isExported)
  const elsewhere = exportsOf(source).find((each) => each.name === 'config' && each.local !== 'default')
  const matcher = config ? matcherIn(source, config.line) : reexported(elsewhere)
  return {
    ...{ file, matcher, runtime: runtimeIn(source), destructured: destructuredIn(source, name) },
    latchkey: latchkeyIn(files, source),
  }
}

/** Next reads no name that comes from elsewhere. */
function reexported(config: Exported | undefined): Gate['matcher'] {
  return config && { value: UNREAD, line: config.line }
}

function matcherIn(source: Source, line: number): Gate['matcher'] {
  const config = constantsIn(source).find(({ name, isExported }) => name === 'config' && isExported)
  const value = config && writtenIn(config.value)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { value: UNREAD, line }
  const { matcher } = value as Readonly<Record<string, Written>>
  const at = memberOf(config?.value, 'matcher')?.loc?.start.line ?? line
  return matcher === undefined ? undefined : { value: matcher, line: at }
}

function runtimeIn(source: Source): Place | undefined {
  for (const { name, value, line, isExported } of constantsIn(source)) {
    if (!isExported) continue
    const member = name === 'config' ? memberOf(value, 'runtime') : undefined
    if (member) return { file: source.path, line: member.loc?.start.line ?? line }
    if (name === 'runtime') return { file: source.path, line }
  }
  return undefined
}

function destructuredIn(source: Source, name: string): Place | undefined {
  const part = constantsIn(source).find((each) => each.name === name && each.isPart && each.isExported)
  const hasDefault = exportsOf(source).some((each) => each.name === 'default')
  return part && !hasDefault ? { file: source.path, line: part.line } : undefined
}

/** The call in the file itself, else in one that it imports. */
function latchkeyIn(files: ProjectFiles, source: Source): LatchkeyCall | undefined {
  const paths = [...importsOf(source), ...exportsOf(source)].flatMap(({ from }) =>
    from === undefined ? [] : (importedBy(files, source.path, from) ?? []),
  )
  const near = [source, ...Array.from(new Set(paths), (path) => files.source(path))]
  for (const each of near) {
    const found = each && callIn(each)
    if (found) return found
  }
  return undefined
}

const FUNCTIONS = { 'latchkey/next': 'latchkey', 'latchkey/vercel': 'middleware' } as const
const NEXT_SCOPE = ['/api']

function callIn(source: Source): LatchkeyCall | undefined {
  for (const { local, name, from } of importsOf(source)) {
    if (from !== 'latchkey/next' && from !== 'latchkey/vercel') continue
    const wanted = FUNCTIONS[from]
    const call = callsIn(source).find((each) =>
      name === '*' ? each.of === local && each.name === wanted : name === wanted && each.name === local && !each.of,
    )
    if (call) return { from, file: source.path, ...scopeIn(source, call, from) }
  }
  return undefined
}

function scopeIn(source: Source, call: Call, from: LatchkeyCall['from']): Pick<LatchkeyCall, 'scope' | 'line'> {
  const [options] = call.arguments
  const member = memberOf(options, 'scope')
  const fallback = from === 'latchkey/next' ? NEXT_SCOPE : undefined
  if (!member) return { line: call.line, scope: isWhole(options) || !options ? fallback : UNREAD }
  const line = member.loc?.start.line ?? call.line
  const value = writtenIn(member, resolverOf(source))
  if (value === undefined) return { line, scope: fallback }
  const scopes = [value].flat() as readonly Written[]
  return { line, scope: scopes.every((each) => typeof each === 'string') ? (scopes as readonly string[]) : UNREAD }
}
