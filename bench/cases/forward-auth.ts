import { start } from '../child.ts'
import type { Measured } from '../statistics.ts'
import { interleave, ratios } from '../statistics.ts'
import type { Done } from '../subjects/load.ts'
import type { Answer } from '../subjects/server.ts'
import type { Row, Section } from '../table.ts'
import type { Listening } from './http.ts'
import { batchOf, listening, WARM_UP_MILLISECONDS } from './http.ts'

/**
 * What a proxy waits for before each request: `verify` of the Node gate, asked as nginx asks, beside a bare app that answers
 * the very same request by two letters. The ratio is one of requests per second, so less is worse.
 */
export async function run(rounds: number): Promise<Section[]> {
  const load = start<Done>('load.ts')
  const servers = ['bare', 'bare', 'gate'].map((name) => start<Answer>('server.ts', [name]))
  try {
    const [bare, same, gate] = await Promise.all(servers.map((server) => listening(server)))
    for (const server of [bare, same, gate] as Listening[]) {
      await load.ask({ port: server.port, connections: 32, milliseconds: WARM_UP_MILLISECONDS, asks: 'verify' })
    }
    const sections: Section[] = []
    for (const connections of [1, 32]) {
      const batch = (server: Listening | undefined) => batchOf(server as Listening, load, connections, 'verify')
      const measured = await interleave(batch(bare), { same: batch(same), verify: batch(gate) }, rounds)
      sections.push({
        title: `forward-auth on Node, requests per second, ${connections === 1 ? '1 connection' : `${connections} connections`}`,
        rows: rowsOf(measured),
      })
    }
    return sections
  } finally {
    for (const child of [load, ...servers]) child.stop()
  }
}

type Name = 'same' | 'verify'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: bare app / the same', ...perSecond(measured, 'same') },
    { name: 'verify / bare app', ...perSecond(measured, 'verify'), budget: { limit: 'at least', value: 0.7 } },
  ]
}

/** How many requests a case answers for each one of the baseline. */
function perSecond(measured: Measured<Name>, name: Name) {
  return ratios(measured[name].map(({ own, baseline }) => [baseline, own]))
}
