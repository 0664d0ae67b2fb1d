import { isVersion } from './advisories.ts'
import type { ProjectFiles } from './files.ts'

/** The version of Next that a project runs: by what is installed, else by a lockfile, else by an exact entry of package.json. */
export interface NextVersion {
  readonly version: string | undefined
  /** The entry of package.json. */
  readonly range: string | undefined
}

export function nextVersionOf(files: ProjectFiles, range: string | undefined): NextVersion {
  const installed = versionIn(files.above('node_modules/next/package.json'))
  const version = installed ?? locked(files) ?? (range !== undefined && isVersion(range) ? range : undefined)
  return { version, range }
}

function versionIn(text: string | undefined): string | undefined {
  const { version } = objectOf(text)
  return typeof version === 'string' && isVersion(version) ? version : undefined
}

/** The one version that a lockfile has of Next; undefined where it has several. */
function locked(files: ProjectFiles): string | undefined {
  const found = new Set([
    ...byNpm(objectOf(files.above('package-lock.json'))),
    ...byText(files.above('pnpm-lock.yaml'), /^\s+['"]?\/?next[@/](\d+\.\d+\.\d+[^:('"_\s]*)/gm),
    ...byText(files.above('yarn.lock'), /^"?next@[^\n]*:\n\s+version:? "?([^"\n]+)/gm),
  ])
  const [only, ...more] = Array.from(found).filter(isVersion)
  return more.length === 0 ? only : undefined
}

function byNpm({ packages, dependencies }: Readonly<Record<string, unknown>>): string[] {
  const entries = [
    Object.entries((packages ?? {}) as object).flatMap(([path, each]) =>
      path === 'node_modules/next' || path.endsWith('/node_modules/next') ? [each] : [],
    ),
    (dependencies as { readonly next?: unknown } | undefined)?.next ?? [],
  ].flat()
  return entries.flatMap((each) => {
    const { version } = (each ?? {}) as { readonly version?: unknown }
    return typeof version === 'string' ? [version] : []
  })
}

function byText(text: string | undefined, pattern: RegExp): string[] {
  return Array.from((text ?? '').matchAll(pattern), ([, version = '']) => version)
}

/** An object of a JSON text; empty where it is none. */
export function objectOf(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}
