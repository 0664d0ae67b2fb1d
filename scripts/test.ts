import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The whole test run: what it needs is installed, everything is checked and built, and the runner's own report gives the
 * closing line. `node scripts/test.ts PATTERN` runs some test files only.
 */

/** Packages of their own, too heavy for everybody's install; each has its lockfile. */
const PACKAGES = ['e2e', 'examples'].flatMap((folder) =>
  existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
)
const REPORT = 'test-results/report.json'

function run(command: string, args: readonly string[], cwd = '.'): boolean {
  console.log(`\n> ${cwd === '.' ? '' : `${cwd}: `}${[command, ...args].join(' ')}`)
  return spawnSync(command, args, { cwd, stdio: 'inherit' }).status === 0
}

function isInstalled(folder: string): boolean {
  const installed = join(folder, 'node_modules/.package-lock.json')
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
}

const failures: string[] = []
for (const folder of PACKAGES) {
  if (!existsSync(join(folder, 'package-lock.json')) || isInstalled(folder)) continue
  if (!run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], folder)) failures.push(`npm ci in ${folder}`)
}
const patterns = process.argv.slice(2)
const steps: readonly (readonly string[])[] = [
  ['biome', 'check', '.'],
  ['tsc', '-p', 'tsconfig.json'],
  ['tsc', '-p', 'tsconfig.node.json'],
  ['npm', 'run', '--silent', 'build'],
]
for (const [command, ...args] of steps as [string, ...string[]][]) {
  if (!run(command, args)) failures.push([command, ...args].join(' '))
}

// Before the tests, which would wait for one another at the package manager.
run('node', ['scripts/ensure-proxies.ts'])

mkdirSync('test-results', { recursive: true })
rmSync(REPORT, { force: true })
run('vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${REPORT}`,
  '--reporter=./test/hosts/matrix-reporter.ts',
  ...patterns,
])

const report = existsSync(REPORT)
  ? (JSON.parse(readFileSync(REPORT, 'utf8')) as {
      numPassedTests: number
      numFailedTests: number
      numFailedTestSuites: number
      success: boolean
    })
  : undefined
if (!report) failures.push('vitest, which left no report')
for (const failure of failures) console.log(`failed: ${failure}`)
// A file that cannot be loaded fails without a failed test of its own.
const failed = (report ? Math.max(report.numFailedTests, report.success ? 0 : 1) : 0) + failures.length
console.log(`\n${report?.numPassedTests ?? 0} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
