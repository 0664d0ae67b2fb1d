import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TOKEN } from '../document.ts'
import { quartiles } from '../statistics.ts'
import type { Row, Section } from '../table.ts'

/** How long the gate takes from its start until it answers, with its sources as they are and as they are published. */
export async function run(rounds: number): Promise<Section[]> {
  const rows: Row[] = []
  for (const name of ['src/cli/main.ts', 'dist/cli.mjs']) {
    const path = fileURLToPath(new URL(`../../${name}`, import.meta.url))
    const title = `node ${name} serve`
    if (!existsSync(path)) rows.push({ name: title, unit: 's', missing: 'not built' })
    else
      rows.push({
        name: title,
        unit: 's',
        clock: await readiness(path, rounds),
        budget: { limit: 'at most', value: 1 },
      })
  }
  return [{ title: 'the gate on Node, from its start to its first answer', rows }]
}

async function readiness(path: string, rounds: number) {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) seconds.push(await secondsUntilReady(path))
  return quartiles(seconds)
}

async function secondsUntilReady(path: string): Promise<number> {
  const started = performance.now()
  const env = { PATH: process.env['PATH'], LATCHKEY_TOKEN: TOKEN }
  const gate = spawn(process.execPath, [path, 'serve', '--port', '0'], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      gate.on('exit', () => reject(new Error(said)))
      gate.stderr.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk
        const address = /on (http:\/\/[\d.:]+)/.exec(said)?.[1]
        if (address !== undefined) resolve(address)
      })
    })
    const { status } = await fetch(`${url}/_latchkey/live`)
    if (status !== 200) throw new Error(`live answers ${status}`)
    return (performance.now() - started) / 1000
  } finally {
    gate.removeAllListeners('exit')
    gate.kill()
  }
}
