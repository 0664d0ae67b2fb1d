import type { ProjectFiles } from './files.ts'
import { filesIn } from './files.ts'
import type { Place } from './findings.ts'
import type { Gate, GateFile } from './gate.ts'
import { gateFilesOf, gateOf } from './gate.ts'
import type { Handling } from './guards.ts'
import { handlingOf, UNGUARDED } from './guards.ts'
import type { NextConfig } from './next-config.ts'
import { nextConfigOf } from './next-config.ts'
import type { NextVersion } from './next-version.ts'
import { nextVersionOf, objectOf } from './next-version.ts'
import type { Folders, Served } from './served.ts'
import { foldersOf, isHandler, servedByNext, servedByVercel } from './served.ts'

/** A file that answers requests, and how. */
export interface Answering extends Served, Handling {}

/** A project for Vercel, as far as its files tell it. Nothing of it is run. */
export interface Project {
  readonly isNext: boolean
  readonly manifest: Place
  readonly config: NextConfig
  readonly version: NextVersion
  readonly folders: Folders
  readonly gateFiles: readonly GateFile[]
  /** The one that is read; undefined where there is none, or it cannot be read. */
  readonly gate: Gate | undefined
  readonly answering: readonly Answering[]
  /** Files with `'use server'`. */
  readonly serverFunctions: readonly string[]
  /** Where Vercel is told of rewrites. */
  readonly rewrites: Place | undefined
}

/** Reads a project; undefined where a folder holds none. */
export function projectIn(folder: string): Project | undefined {
  const files = filesIn(folder)
  return files && projectOf(files)
}

const NEXT_16_NAMES = ['proxy', 'middleware']

function projectOf(files: ProjectFiles): Project | undefined {
  const { dependencies, devDependencies } = objectOf(files.text('package.json'))
  const range = { ...(devDependencies as object), ...(dependencies as object) } as { readonly next?: string }
  const config = nextConfigOf(files)
  const isNext = range.next !== undefined || config.place.file !== 'package.json' || looksLikeNext(files)
  const vercel = objectOf(files.text('vercel.json'))
  const folders = isNext ? foldersOf(files) : { app: undefined, pages: undefined }
  const gateFiles = gateFilesOf(files, placesOf(isNext, config, folders, vercel)).filter(
    // Other frameworks have files of these names that are none of Vercel's.
    ({ isRead, callsLatchkey }) => isNext || isRead || callsLatchkey,
  )
  const read = gateFiles.find(({ isRead }) => isRead)
  const served = isNext ? servedByNext(files, folders, config.pageExtensions, config.basePath) : servedByVercel(files)
  const answering = served.map((each) => ({ ...each, ...(isHandler(each) ? handlingOf(files, each.file) : UNGUARDED) }))
  const isVercels = gateFiles.length > 0 || answering.some(({ isGuarded }) => isGuarded)
  if (!isNext && !isVercels) return undefined
  return {
    isNext,
    manifest: { file: 'package.json', line: 1 },
    config,
    version: isNext ? nextVersionOf(files, range.next) : { version: undefined, range: undefined },
    folders,
    gateFiles,
    gate: read && gateOf(files, read),
    answering,
    serverFunctions: isNext ? serverFunctionsIn(files) : [],
    rewrites: rewritesOf(vercel, config),
  }
}

/** An app that somebody else's manifest is about, or none. */
function looksLikeNext({ paths }: ProjectFiles): boolean {
  return paths.some((path) => /^(?:src\/)?app\/(?:.*\/)?(?:route|page|layout)\.[jt]sx?$/.test(path))
}

function placesOf(
  isNext: boolean,
  config: NextConfig,
  { app, pages }: Folders,
  vercel: Readonly<Record<string, unknown>>,
) {
  if (isNext) {
    const folder = (app ?? pages)?.startsWith('src/') ? ('src/' as const) : ('' as const)
    return { folder, endings: config.pageExtensions, names: NEXT_16_NAMES }
  }
  const { entrypoint } = (vercel['proxy'] ?? {}) as { readonly entrypoint?: unknown }
  const named = typeof entrypoint === 'string' ? entrypoint.replace(/^\.\//, '') : undefined
  return { folder: '' as const, endings: ['ts', 'js'], names: ['middleware'], named }
}

function serverFunctionsIn(files: ProjectFiles): string[] {
  return files.paths.filter(
    (path) => /\.[cm]?[jt]sx?$/.test(path) && /^\s*(['"])use server\1/m.test(files.text(path) ?? ''),
  )
}

function rewritesOf(vercel: Readonly<Record<string, unknown>>, config: NextConfig): Place | undefined {
  const { rewrites } = vercel
  if (Array.isArray(rewrites) && rewrites.length > 0) return { file: 'vercel.json', line: 1 }
  return config.hasRewrites ? config.place : undefined
}
