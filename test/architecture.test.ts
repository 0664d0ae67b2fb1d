import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The house of docs/architecture.md, from the ground up. */
const FLOORS: readonly (readonly string[])[] = [
  ['src/lib'],
  ['src/model'],
  ['src/keys', 'src/stores', 'src/crypto', 'src/secrets', 'src/sinks', 'src/dialects'],
  ['src/verifiers', 'src/policies'],
  ['src'],
  ['src/http'],
  ['adapters/node', 'adapters/cloudflare', 'adapters/aws', 'adapters/vercel'],
  ['src/cli'],
]

const MODULES = ['src', 'adapters'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name)),
)

/** Every module that a module names in an import or an export, types included. */
function importsOf(module: string): string[] {
  const text = readFileSync(join(ROOT, module), 'utf8')
  const names = text.matchAll(/(?:\bfrom|\bimport\(|^import) ?'(\.{1,2}\/[^']+)'/gm)
  return Array.from(names, ([, name]) => relative(ROOT, join(ROOT, dirname(module), name as string)))
}

const IMPORTS: ReadonlyMap<string, readonly string[]> = new Map(MODULES.map((module) => [module, importsOf(module)]))

function floorOf(module: string): number {
  return FLOORS.findIndex((folders) => folders.includes(dirname(module)))
}

describe('the house', () => {
  it.each(MODULES)('has a floor for %s, and it imports only from below or its own folder', (module) => {
    expect(floorOf(module)).toBeGreaterThanOrEqual(0)
    const wrong = importsOf(module).filter(
      (imported) => dirname(imported) !== dirname(module) && floorOf(imported) >= floorOf(module),
    )
    expect(wrong).toEqual([])
  })

  it('reads every import', () => {
    const imports = [...IMPORTS.values()].flat()
    expect(imports.length).toBeGreaterThan(200)
    expect(imports.filter((imported) => !IMPORTS.has(imported))).toEqual([])
  })

  it('has no import cycle, types included', () => {
    const cycles: string[] = []
    const done = new Set<string>()
    const walk = (module: string, path: readonly string[]): void => {
      if (path.includes(module)) cycles.push([...path.slice(path.indexOf(module)), module].join(' > '))
      if (done.has(module) || path.includes(module)) return
      for (const imported of IMPORTS.get(module) ?? []) walk(imported, [...path, module])
      done.add(module)
    }
    for (const module of MODULES) walk(module, [])
    expect(cycles).toEqual([])
  })
})
