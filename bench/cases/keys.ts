import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { memory } from '../../src/limiters/memory.ts'
import { sqlite } from '../../src/stores/sqlite.ts'
import { TOKEN, WRONG_TOKEN } from '../document.ts'
import { batchOf } from '../in-process.ts'
import { forge, issue, keep } from '../keys.ts'
import type { Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { App } from '../subjects/apps.ts'
import { expectStatus, withKeys, withLatchkey } from '../subjects/apps.ts'
import type { Row, Section } from '../table.ts'

/** How long a batch takes at least, in requests: about ten milliseconds of each kind. */
const FAST = 1500

/** More than the bench asks for. */
const LIMITS = [
  { requests: 1_000_000_000, windowSeconds: 60 },
  { requests: 1_000_000_000, per: 'month' },
] as const

/** The decision about an issued key in process on Node, where its record is remembered. */
export async function run(rounds: number): Promise<Section[]> {
  getRequestListener(() => new Response())
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const store = sqlite(join(folder, 'keys.db'))
  try {
    const key = issue(1)
    await keep(key, store)
    const forged = Array.from({ length: 1000 }, forge)
    const mistyped = forged.map((token) => token.slice(0, -1) + (token.endsWith('0') ? '1' : '0'))
    const statics = withLatchkey(latchkey)
    const keys = withKeys(latchkey, {}, { store })
    const limited = withKeys(latchkey, { limits: LIMITS }, { store, limiter: memory() })
    for (const app of [keys, limited]) {
      for (const token of [TOKEN, key.token]) await expectStatus(app, token, 200)
      for (const token of [WRONG_TOKEN, forged[0] as string]) await expectStatus(app, token, 401)
    }

    const sections: Section[] = []
    for (const inFlight of [1, 32]) {
      const batch = (app: App, ...tokens: string[]) => batchOf(app, tokens, { requests: FAST, inFlight })
      const measured = await interleave(
        batch(statics, TOKEN),
        {
          same: batch(withLatchkey(latchkey), TOKEN),
          static: batch(keys, TOKEN),
          key: batch(keys, key.token),
          staticLimited: batch(limited, TOKEN),
          limited: batch(limited, key.token),
          refused: batch(statics, WRONG_TOKEN),
          forged: batch(keys, ...forged),
          mistyped: batch(keys, ...mistyped),
        },
        rounds,
      )
      const way = inFlight === 1 ? 'one request at a time' : `${inFlight} requests in flight`
      sections.push({ title: `issued keys in process on Node, ${way}`, rows: rowsOf(measured) })
    }
    return sections
  } finally {
    store.close()
    rmSync(folder, { recursive: true })
  }
}

type Name = 'same' | 'static' | 'key' | 'staticLimited' | 'limited' | 'refused' | 'forged' | 'mistyped'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: a static token / the same', ...toBaseline(measured, 'same') },
    { name: 'a static token where keys are issued too / one where none are', ...toBaseline(measured, 'static') },
    {
      name: 'a key seen before / a static token',
      ...toBaseline(measured, 'key'),
      budget: { limit: 'at most', value: 1.5 },
    },
    {
      name: 'a key with limits in memory / a static token with the same',
      ...toCase(measured, 'limited', 'staticLimited'),
    },
    {
      name: 'a key with limits in memory / a static token without',
      ...toBaseline(measured, 'limited'),
      budget: { limit: 'at most', value: 1.5 },
    },
    { name: "a forged key's refusal / a static token's", ...toCase(measured, 'forged', 'refused') },
    { name: "a mistyped key's refusal / a static token's", ...toCase(measured, 'mistyped', 'refused') },
  ]
}
