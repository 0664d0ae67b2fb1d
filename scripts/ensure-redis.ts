import { spawnSync } from 'node:child_process'

/**
 * Redis itself, which the tests of the Upstash store need: from Debian's package where it is not there. Run by those tests,
 * or by hand: `node scripts/ensure-redis.ts`.
 */
export function ensureRedis(): string {
  if (isThere()) return PROGRAM
  const isRoot = process.getuid?.() === 0
  if (isRoot && run('apt-get', ['--version'])) {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', PACKAGE], { DEBIAN_FRONTEND: 'noninteractive' })
  }
  if (isThere()) return PROGRAM
  throw new Error(`the tests of the Upstash store need ${PROGRAM}: apt-get install ${PACKAGE}`)
}

const PROGRAM = 'redis-server'
const PACKAGE = 'redis-server'

function isThere(): boolean {
  return run(PROGRAM, ['--version'])
}

function run(command: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}): boolean {
  return spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, ...variables } }).status === 0
}

if (import.meta.main) console.log(ensureRedis())
