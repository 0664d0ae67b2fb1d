import type { Batch, Sample } from './statistics.ts'
import type { App } from './subjects/apps.ts'
import { request } from './subjects/apps.ts'

/** Requests are made before, and taken in turn: what is measured is the app, not Node's `Request`. */
const REQUESTS = 64

/** How a batch is run. */
export interface Load {
  readonly requests: number
  readonly inFlight: number
}

/** A batch of requests to an app, which show the tokens in turn; the next batch goes on where this one ends. */
export function batchOf(app: App, tokens: readonly string[], load: Load): Batch {
  const made = Array.from({ length: Math.max(REQUESTS, tokens.length) }, (_, place) =>
    request(tokens[place % tokens.length] as string),
  )
  let turn = 0
  return () => timed(load, () => app.fetch(made[++turn % made.length] as Request))
}

/** What it takes on the average to do something so often. */
export async function timed({ requests, inFlight }: Load, work: () => unknown): Promise<Sample> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  let left = requests
  const worker = async () => {
    while (left-- > 0) await work()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  const clock = ((performance.now() - started) * 1000) / requests
  const { user, system } = process.cpuUsage(cpu)
  return { clock, cpu: (user + system) / requests }
}
