import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The Dockerfile of the repository, read. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TEXT = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')

/** One line of the Dockerfile. */
export interface Step {
  readonly keyword: string
  readonly text: string
  /** The stage that COPY takes from; undefined: the build's context. */
  readonly from: string | undefined
}

interface Parsed {
  getKeyword(): string
  getArgumentsContent(): string | null
  getFromFlag?(): { getValue(): string | null } | null
}

interface Parts {
  readonly DockerfileParser: { parse(text: string): { getInstructions(): Parsed[] } }
  readonly validate: (text: string) => { readonly message: string }[]
}

/** What reads a Dockerfile as BuildKit does, from a package of its own. */
function parts(): Parts {
  if (!existsSync(join(ROOT, 'e2e/kubernetes/node_modules'))) throw new Error('first: npm ci --prefix e2e/kubernetes')
  const require = createRequire(new URL('../../e2e/kubernetes/package.json', import.meta.url))
  return { ...require('dockerfile-ast'), ...require('dockerfile-utils') }
}

/** What a linter finds. */
export function faultsOfDockerfile(): { readonly message: string }[] {
  return parts().validate(TEXT)
}

/** The steps of each stage, from its FROM on. */
export function stages(): Step[][] {
  const found: Step[][] = []
  for (const parsed of parts().DockerfileParser.parse(TEXT).getInstructions()) {
    const keyword = parsed.getKeyword()
    if (keyword === 'FROM') found.push([])
    const from = parsed.getFromFlag?.()?.getValue() ?? undefined
    found.at(-1)?.push({ keyword, text: parsed.getArgumentsContent() ?? '', from })
  }
  return found
}

export const textOf = (steps: readonly Step[], keyword: string): string =>
  steps.find((each) => each.keyword === keyword)?.text ?? ''
export const listOf = (steps: readonly Step[], keyword: string): string[] =>
  JSON.parse(textOf(steps, keyword)) as string[]

/** The libraries of a program, which the base of the second stage is there for. */
export function librariesOf(program: string): string[] {
  const told = execFileSync('ldd', [program], { encoding: 'utf8' })
  return Array.from(told.matchAll(/(\/\S+) \(0x/g), ([, path]) => path as string)
}

/** Whether this process may make roots of its own, as who builds and runs images must. */
export const isolated: boolean = spawnSync('unshare', ['--mount', 'mount', '--make-rprivate', '/']).status === 0

/** What the title of a test says where it is skipped. */
export const unlessIsolated: string = isolated ? '' : ' (skipped: this needs root, and unshare)'
