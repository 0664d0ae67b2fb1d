import { fileURLToPath } from 'node:url'
import { workerBundle } from '../bundle.ts'
import { TOKEN } from '../document.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { Loop } from '../subjects/jwt-worker.ts'
import type { Row, Section } from '../table.ts'
import { gatewayToken, issuer } from '../tokens.ts'
import type { RunningWorker } from '../workerd.ts'
import { startWorkerd } from '../workerd.ts'

/** How many requests one batch makes inside the Worker: about fifty milliseconds each, as a process's CPU time is told in tens. */
const FAST = 4000
const VERIFYING = 500
/** So many take turns where each is to be new. */
const TOKENS = 32

/** JSON Web Tokens (RS256) and gateway tokens in real workerd. The clock is the asker's. */
export async function run(rounds: number): Promise<Section[]> {
  const worker = await startWorkerd(
    await workerBundle(fileURLToPath(new URL('../subjects/jwt-worker.ts', import.meta.url))),
  )
  try {
    const { jwks, pem, issue } = issuer()
    const tokens = Array.from({ length: TOKENS }, issue)
    const gatewayTokens = Array.from({ length: TOKENS }, (_, minutes) => gatewayToken(minutes))
    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (app: Loop['app'], shown: readonly string[], requests: number) =>
        batchOf(worker, { app, tokens: shown, requests, inFlight, issuer: { jwks, pem } })
      const measured = await interleave(
        batch('static', [TOKEN], FAST),
        {
          same: batch('same', [TOKEN], FAST),
          seen: batch('jwt', tokens, FAST),
          new: batch('newJwt', tokens, VERIFYING),
          jwk: batch('jwk', tokens, VERIFYING),
          honoJwt: batch('honoJwt', tokens, VERIFYING),
          jose: batch('jose', tokens, VERIFYING),
          gateway: batch('gateway', gatewayTokens, FAST),
          newGateway: batch('newGateway', gatewayTokens, VERIFYING),
        },
        rounds,
      )
      const way = inFlight === 1 ? 'one request at a time' : `${inFlight} requests in flight`
      sections.push({ title: `JSON Web Tokens and gateway tokens in workerd, ${way}`, rows: rowsOf(measured) })
    }
    return sections
  } finally {
    await worker.stop()
  }
}

type Name = 'same' | 'seen' | 'new' | 'jwk' | 'honoJwt' | 'jose' | 'gateway' | 'newGateway'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: a static token / the same', ...toBaseline(measured, 'same') },
    { name: 'a JWT seen before / a static token', ...toBaseline(measured, 'seen') },
    {
      name: 'hono/jwk with keys / a JWT seen before',
      ...toCase(measured, 'jwk', 'seen'),
      budget: { limit: 'at least', value: 5 },
    },
    { name: 'hono/jwt / a JWT seen before', ...toCase(measured, 'honoJwt', 'seen') },
    { name: 'a new JWT / jose in a Hono app', ...toCase(measured, 'new', 'jose') },
    { name: 'hono/jwk with keys / a new JWT', ...toCase(measured, 'jwk', 'new') },
    { name: 'a gateway token seen before / a static token', ...toBaseline(measured, 'gateway') },
    { name: 'a new gateway token / one seen before', ...toCase(measured, 'newGateway', 'gateway') },
  ]
}

function batchOf(worker: RunningWorker, loop: Loop): Batch {
  const body = JSON.stringify(loop)
  const expected = JSON.stringify({ 200: loop.requests })
  return async () => {
    const before = worker.cpuMicroseconds()
    const started = performance.now()
    const counted = await (await fetch(worker.url, { method: 'POST', body })).text()
    const clock = ((performance.now() - started) * 1000) / loop.requests
    const after = worker.cpuMicroseconds()
    if (counted !== expected) throw new Error(`${loop.app} answered ${counted} and not ${expected}`)
    const cpu = before === undefined || after === undefined ? undefined : (after - before) / loop.requests
    return { clock, cpu }
  }
}
