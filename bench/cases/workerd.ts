import { fileURLToPath } from 'node:url'
import { workerBundle } from '../bundle.ts'
import { TOKEN, WRONG_TOKEN } from '../document.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Row, Section } from '../table.ts'
import type { RunningWorker } from '../workerd.ts'
import { startWorkerd } from '../workerd.ts'

/** How many requests one batch makes inside the Worker: about fifty milliseconds each, as a process's CPU time is told in tens. */
const NO_OP = 10_000
const DECIDING = 4000

/** The decision in real workerd. The clock is the asker's, so that a batch includes one request to the Worker. */
export async function run(rounds: number): Promise<Section[]> {
  const worker = await startWorkerd(
    await workerBundle(fileURLToPath(new URL('../subjects/worker.ts', import.meta.url))),
  )
  try {
    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (app: string, token: string, requests: number) =>
        batchOf(worker, { app, token, requests, inFlight })
      const measured = await interleave(
        batch('no-op', TOKEN, NO_OP),
        {
          same: batch('same', TOKEN, NO_OP),
          minimum: batch('minimum', TOKEN, DECIDING),
          latchkey: batch('latchkey', TOKEN, DECIDING),
          refused: batch('latchkey', WRONG_TOKEN, DECIDING),
          bearerAuth: batch('bearer-auth', TOKEN, DECIDING),
          bearerAuthRefused: batch('bearer-auth', WRONG_TOKEN, DECIDING),
        },
        rounds,
      )
      const title = inFlight === 1 ? 'in workerd, one request at a time' : `in workerd, ${inFlight} requests in flight`
      sections.push({ title, rows: rowsOf(measured) })
    }
    return sections
  } finally {
    await worker.stop()
  }
}

type Name = 'same' | 'minimum' | 'latchkey' | 'refused' | 'bearerAuth' | 'bearerAuthRefused'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: no-op middleware / the same', ...toBaseline(measured, 'same') },
    { name: 'a minimum by hand / no-op middleware', ...toBaseline(measured, 'minimum') },
    { name: 'latchkey/hono / no-op middleware', ...toBaseline(measured, 'latchkey') },
    { name: 'latchkey/hono / the minimum by hand', ...toCase(measured, 'latchkey', 'minimum') },
    {
      name: 'hono/bearer-auth / latchkey/hono',
      ...toCase(measured, 'bearerAuth', 'latchkey'),
      budget: { limit: 'at least', value: 2.5 },
    },
    { name: 'refusal by hono/bearer-auth / by latchkey/hono', ...toCase(measured, 'bearerAuthRefused', 'refused') },
  ]
}

interface Loop {
  readonly app: string
  readonly token: string
  readonly requests: number
  readonly inFlight: number
}

function batchOf(worker: RunningWorker, { app, token, requests, inFlight }: Loop): Batch {
  const url = `${worker.url}/${app}/${requests}/${inFlight}/${token}`
  const expected = JSON.stringify({ [token === TOKEN ? 200 : 401]: requests })
  return async () => {
    const before = worker.cpuMicroseconds()
    const started = performance.now()
    const counted = await (await fetch(url)).text()
    const clock = ((performance.now() - started) * 1000) / requests
    const after = worker.cpuMicroseconds()
    if (counted !== expected) throw new Error(`${app} answered ${counted} and not ${expected}`)
    const cpu = before === undefined || after === undefined ? undefined : (after - before) / requests
    return { clock, cpu }
  }
}
