import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A program that tests run against, and the package of Debian that has it. */
export interface Program {
  readonly name: string
  /** What it takes to tell its version and end. */
  readonly versionFlag: string
  readonly package: string
  /** Which tests need it: `the tests of the Upstash store`. */
  readonly neededBy: string
}

/** Longer than an installation takes, where a test's own run is the first. */
export const INSTALL_MILLISECONDS = 300_000

/** Installs a program from Debian where it is not there, without starting its service; several runs may ask at once. */
export function ensureProgram(program: Program): string {
  const { name, package: packageName, neededBy } = program
  if (isThere(program)) return name
  const isRoot = process.getuid?.() === 0
  if (isRoot && run('apt-get', ['--version'])) {
    const install = 'apt-get update -qq; apt-get install -y -qq --no-install-recommends "$1"'
    const variables = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
    run('flock', [join(tmpdir(), 'latchkey-apt.lock'), 'sh', '-c', install, 'sh', packageName], variables)
  }
  if (isThere(program)) return name
  throw new Error(`${neededBy} need ${name}: apt-get install ${packageName}`)
}

function isThere({ name, versionFlag }: Program): boolean {
  return run(name, [versionFlag])
}

function run(command: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): boolean {
  return spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, ...variables } }).status === 0
}
