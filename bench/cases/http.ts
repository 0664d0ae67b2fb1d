import type { Child } from '../child.ts'
import { start } from '../child.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Asks, Done, Task } from '../subjects/load.ts'
import type { Answer } from '../subjects/server.ts'
import type { Row, Section } from '../table.ts'

/** How long the load lasts on each server in turn. */
const MILLISECONDS = 350
/** How long each server runs before, until its code is compiled. */
export const WARM_UP_MILLISECONDS = 2000

/** Real requests over loopback: a server in a process of its own for each app, one load generator for all. */
export async function run(rounds: number): Promise<Section[]> {
  const load = start<Done>('load.ts')
  const servers = ['bare', 'bare', 'minimum', 'latchkey', 'bearer-auth'].map((name) =>
    start<Answer>('server.ts', [name]),
  )
  try {
    const [bare, same, minimum, latchkey, bearerAuth] = await Promise.all(servers.map((server) => listening(server)))
    for (const server of [bare, same, minimum, latchkey, bearerAuth] as Listening[]) {
      await load.ask({ port: server.port, connections: 32, milliseconds: WARM_UP_MILLISECONDS })
    }
    const sections: Section[] = []
    for (const connections of [1, 32]) {
      const batch = (server: Listening | undefined) => batchOf(server as Listening, load, connections)
      const measured = await interleave(
        batch(bare),
        { same: batch(same), minimum: batch(minimum), latchkey: batch(latchkey), bearerAuth: batch(bearerAuth) },
        rounds,
      )
      sections.push({
        title: `over HTTP on Node, ${connections === 1 ? '1 connection' : `${connections} connections`}`,
        rows: rowsOf(measured),
      })
    }
    return sections
  } finally {
    for (const child of [load, ...servers]) child.stop()
  }
}

type Name = 'same' | 'minimum' | 'latchkey' | 'bearerAuth'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: bare app / the same', ...toBaseline(measured, 'same') },
    { name: 'a minimum by hand / bare app', ...toBaseline(measured, 'minimum') },
    {
      name: 'latchkey/hono / bare app',
      ...toBaseline(measured, 'latchkey'),
      budget: { limit: 'at most', value: 1.3, by: 'cpu' },
    },
    { name: 'hono/bearer-auth / bare app', ...toBaseline(measured, 'bearerAuth') },
    {
      name: 'hono/bearer-auth / latchkey/hono',
      ...toCase(measured, 'bearerAuth', 'latchkey'),
      budget: { limit: 'at least', value: 3 },
    },
  ]
}

/** A server that runs. */
export interface Listening {
  readonly port: number
  cpuMicroseconds(): Promise<number>
}

/** Waits until a server tells its port. */
export async function listening(server: Child<Answer>): Promise<Listening> {
  const told = await server.next()
  if (!('port' in told)) throw new Error('a server that tells no port')
  return {
    port: told.port,
    async cpuMicroseconds() {
      const answer = await server.ask({})
      return 'cpuMicroseconds' in answer ? answer.cpuMicroseconds : 0
    },
  }
}

/** The clock's part is the time between two replies; the CPU's is the server's alone. */
export function batchOf(server: Listening, load: Child<Done>, connections: number, asks: Asks = 'app'): Batch {
  return async () => {
    const before = await server.cpuMicroseconds()
    const task: Task = { port: server.port, connections, milliseconds: MILLISECONDS, asks }
    const { requests, milliseconds } = await load.ask(task)
    const cpu = (await server.cpuMicroseconds()) - before
    return { clock: (milliseconds * 1000) / requests, cpu: cpu / requests }
  }
}
