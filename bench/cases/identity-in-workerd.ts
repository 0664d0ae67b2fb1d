import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { workerBundle } from '../bundle.ts'
import type { Batch, Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { SigningLoop } from '../subjects/identity-worker.ts'
import type { Row, Section } from '../table.ts'
import type { RunningWorker } from '../workerd.ts'
import { startWorkerd } from '../workerd.ts'

/** How many one batch signs inside the Worker: about fifty milliseconds each. */
const BY_HMAC = 2000
const BY_KEY = 500

/** What a signed identity costs a request beside the signature alone, over as many bytes, in real workerd. */
export async function run(rounds: number): Promise<Section[]> {
  const entry = fileURLToPath(new URL('../subjects/identity-worker.ts', import.meta.url))
  const worker = await startWorkerd(await workerBundle(entry))
  try {
    const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
    const secrets = { SHARED: 'Xw3Rk8Vn5Qz1Tb7Lm4Hc9Pd2Gs6Jf0Ya_eUoIiTwKvM', KEY: JSON.stringify(jwk) }
    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (what: SigningLoop['what'], times: number) => batchOf(worker, { what, secrets, times, inFlight })
      const measured = await interleave(
        batch('hmac', BY_HMAC),
        {
          same: batch('same', BY_HMAC),
          hs256: batch('hs256', BY_HMAC),
          signature: batch('signature', BY_KEY),
          eddsa: batch('eddsa', BY_KEY),
        },
        rounds,
      )
      const way = inFlight === 1 ? 'one at a time' : `${inFlight} in flight`
      sections.push({ title: `signed identities in workerd, ${way}`, rows: rowsOf(measured) })
    }
    return sections
  } finally {
    await worker.stop()
  }
}

type Name = 'same' | 'hs256' | 'signature' | 'eddsa'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: an HMAC / the same', ...toBaseline(measured, 'same') },
    {
      name: 'an identity by HS256 / its HMAC alone',
      ...toBaseline(measured, 'hs256'),
      budget: { limit: 'at most', value: 2 },
    },
    {
      name: 'an identity by EdDSA / its signature alone',
      ...toCase(measured, 'eddsa', 'signature'),
      budget: { limit: 'at most', value: 1.1 },
    },
  ]
}

function batchOf(worker: RunningWorker, loop: SigningLoop): Batch {
  const body = JSON.stringify(loop)
  const expected = JSON.stringify({ times: loop.times })
  return async () => {
    const before = worker.cpuMicroseconds()
    const started = performance.now()
    const done = await (await fetch(worker.url, { method: 'POST', body })).text()
    const clock = ((performance.now() - started) * 1000) / loop.times
    const after = worker.cpuMicroseconds()
    if (done !== expected) throw new Error(`${loop.what} answered ${done} and not ${expected}`)
    const cpu = before === undefined || after === undefined ? undefined : (after - before) / loop.times
    return { clock, cpu }
  }
}
