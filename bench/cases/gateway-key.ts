import { getRequestListener } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { gatewayKey } from '../../src/gateway-key.ts'
import { gatewayDocument, TOKEN, WRONG_TOKEN } from '../document.ts'
import { batchOf } from '../in-process.ts'
import type { Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { App } from '../subjects/apps.ts'
import { anew, expectStatus, withKind, withLatchkey } from '../subjects/apps.ts'
import type { Row, Section } from '../table.ts'
import { gatewayToken } from '../tokens.ts'

/** How long a batch takes at least, in requests: about ten milliseconds of each kind. */
const FAST = 1500
const SIGNING = 500
/** So many take turns where each is to be new. */
const TOKENS = 64

/** The decision about an access token of a self-hosted gateway in process on Node: one of two keys, in either form. */
export async function run(rounds: number): Promise<Section[]> {
  getRequestListener(() => new Response())
  const tokens = Array.from({ length: TOKENS }, (_, minutes) => gatewayToken(minutes))
  const wrong = tokens.map((_, minutes) => gatewayToken(minutes, 'another key'))
  const statics = withLatchkey(latchkey)
  const seen = withKind(latchkey, gatewayDocument(), gatewayKey)
  const renewed = withKind(anew(nodeDigests), gatewayDocument(), gatewayKey)
  for (const app of [seen, renewed]) {
    for (const token of tokens) await expectStatus(app, token, 200)
    for (const token of wrong) await expectStatus(app, token, 401)
  }

  const sections: Section[] = []
  for (const inFlight of [1, 32]) {
    const batch = (app: App, shown: readonly string[], requests = FAST) => batchOf(app, shown, { requests, inFlight })
    const measured = await interleave(
      batch(statics, [TOKEN]),
      {
        same: batch(withLatchkey(latchkey), [TOKEN]),
        seen: batch(seen, tokens),
        new: batch(renewed, tokens, SIGNING),
        refused: batch(statics, [WRONG_TOKEN]),
        forged: batch(seen, wrong, SIGNING),
      },
      rounds,
    )
    const way = inFlight === 1 ? 'one request at a time' : `${inFlight} requests in flight`
    sections.push({ title: `gateway tokens in process on Node, ${way}`, rows: rowsOf(measured) })
  }
  return sections
}

type Name = 'same' | 'seen' | 'new' | 'refused' | 'forged'

function rowsOf(measured: Measured<Name>): Row[] {
  return [
    { name: 'A/A: a static token / the same', ...toBaseline(measured, 'same') },
    { name: 'a gateway token seen before / a static token', ...toBaseline(measured, 'seen') },
    { name: 'a new gateway token / one seen before', ...toCase(measured, 'new', 'seen') },
    { name: "a forged gateway token's refusal / a static token's", ...toCase(measured, 'forged', 'refused') },
  ]
}
