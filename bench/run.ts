import { fork, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Section } from './table.ts'
import { passes, table } from './table.ts'

/** Every case with the rounds that it takes, in full and with `--quick`; all together last about six minutes. */
const CASES: readonly (readonly [name: string, rounds: number, quick: number])[] = [
  ['in-process', 60, 10],
  ['in-process-plain', 20, 4],
  ['keys', 30, 6],
  ['keys-in-sqlite', 20, 6],
  ['jwt', 20, 5],
  ['gateway-key', 20, 5],
  ['identity', 20, 5],
  ['identity-in-workerd', 12, 3],
  ['usage', 20, 6],
  ['http', 12, 3],
  ['forward-auth', 12, 3],
  ['workerd', 20, 4],
  ['keys-in-workerd', 12, 3],
  ['jwt-in-workerd', 12, 3],
  ['lambda', 20, 4],
  ['lambda-warm', 30, 6],
  ['keys-on-lambda', 20, 4],
  ['ready', 7, 2],
  ['sizes', 1, 1],
]

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('..', import.meta.url))

const isQuick = process.argv.includes('--quick')
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))

runNpm(`${HERE}node_modules/@aws-sdk/client-dynamodb`, ['ci', '--no-audit', '--no-fund'], HERE)
runNpm(`${ROOT}e2e/stores/node_modules/dynalite`, ['ci', '--no-audit', '--no-fund'], `${ROOT}e2e/stores`)
runNpm(`${ROOT}dist/aws/authorizer.mjs`, ['run', '--silent', 'build'], ROOT)

const loadBefore = load()
const sections: Section[] = []
for (const [name, rounds, quick] of CASES) {
  if (chosen.length > 0 && !chosen.includes(name)) continue
  process.stderr.write(`${name} ...\n`)
  try {
    sections.push(...(await sectionsOf(name, isQuick ? quick : rounds)))
  } catch (error) {
    sections.push({ title: name, rows: [{ name: String(error), missing: 'failed' }] })
    process.exitCode = 1
  }
}

const machine = `Node ${process.version}, ${process.platform} ${process.arch}, ${cpus().length} cores`
console.log(`\n${machine}; load ${loadBefore} before, ${load()} after\n`)
console.log(table(sections))
const verdicts = sections.flatMap(({ rows }) => rows).map(passes)
const count = (verdict: boolean) => verdicts.filter((each) => each === verdict).length
console.log(`\n${count(true)} budgets kept, ${count(false)} missed`)

/** How much else runs here: more than the cores can do disturbs the clock, and what hops between threads. */
function load(): string {
  return (loadavg()[0] as number).toFixed(1)
}

/** Runs an npm command where what it makes is not there yet. A build whose bundles weigh too much has made them. */
function runNpm(made: string, args: readonly string[], folder: string): void {
  if (existsSync(made)) return
  spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  if (!existsSync(made)) throw new Error(`npm ${args.join(' ')} failed`)
}

function sectionsOf(name: string, rounds: number): Promise<Section[]> {
  return new Promise((resolve, reject) => {
    const args = [name, String(rounds), isQuick ? 'quick' : 'full']
    const child = fork(`${HERE}case.ts`, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    let told: Section[] | undefined
    child.on('message', (sections) => {
      told = sections as Section[]
    })
    child.on('error', reject)
    child.on('exit', (code) => (told && code === 0 ? resolve(told) : reject(new Error(`${name} ended with ${code}`))))
  })
}
