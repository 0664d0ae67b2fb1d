import { getRequestListener } from '@hono/node-server'
import { latchkey } from '../../adapters/node/hono.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { TOKEN, WRONG_TOKEN } from '../document.ts'
import { batchOf } from '../in-process.ts'
import type { Measured } from '../statistics.ts'
import { interleave, toBaseline, toCase } from '../statistics.ts'
import type { App } from '../subjects/apps.ts'
import { behind, expectStatus, noOp, withBearerAuth, withLatchkey } from '../subjects/apps.ts'
import { minimum } from '../subjects/minimum.ts'
import type { Row, Section } from '../table.ts'

/** How long a batch takes at least, in requests: about ten milliseconds of each kind. */
const FAST = 1500
const HOPPING = 120

/**
 * The decision in process on Node. `@hono/node-server` replaces the global `Response` by its own light one, as it does
 * in every Hono app that is served on Node.
 */
export function run(rounds: number): Promise<Section[]> {
  getRequestListener(() => new Response())
  return measure('in process on Node', rounds)
}

/** Measures with the `Response` that is there. */
export async function measure(title: string, rounds: number): Promise<Section[]> {
  const noOpApp = noOp()
  const otherNoOpApp = noOp()
  const minimumApp = behind(minimum(nodeDigests()))
  const one = withLatchkey(latchkey)
  const thousand = withLatchkey(latchkey, 1000)
  const bearerAuth = withBearerAuth()
  for (const app of [noOpApp, otherNoOpApp, minimumApp, one, thousand, bearerAuth]) await expectStatus(app, TOKEN, 200)
  for (const app of [one, bearerAuth]) await expectStatus(app, WRONG_TOKEN, 401)

  const sections: Section[] = []
  for (const [way, inFlight, budgets] of [
    ['one request at a time', 1, { allowed: 25, refused: 10 }],
    ['32 requests in flight', 32, { allowed: 10, refused: 6 }],
  ] as const) {
    const batch = (app: App, token: string, requests: number) => batchOf(app, [token], { requests, inFlight })
    const measured = await interleave(
      batch(noOpApp, TOKEN, FAST),
      {
        same: batch(otherNoOpApp, TOKEN, FAST),
        minimum: batch(minimumApp, TOKEN, FAST),
        one: batch(one, TOKEN, FAST),
        thousand: batch(thousand, TOKEN, FAST),
        refused: batch(one, WRONG_TOKEN, FAST),
        bearerAuth: batch(bearerAuth, TOKEN, HOPPING * (inFlight > 1 ? 3 : 1)),
        bearerAuthRefused: batch(bearerAuth, WRONG_TOKEN, HOPPING * (inFlight > 1 ? 3 : 1)),
      },
      rounds,
    )
    sections.push({ title: `${title}, ${way}`, rows: rowsOf(measured, budgets) })
  }
  return sections
}

type Name = 'same' | 'minimum' | 'one' | 'thousand' | 'refused' | 'bearerAuth' | 'bearerAuthRefused'

function rowsOf(measured: Measured<Name>, budgets: { allowed: number; refused: number }): Row[] {
  return [
    { name: 'A/A: no-op middleware / the same', ...toBaseline(measured, 'same') },
    { name: 'a minimum by hand / no-op middleware', ...toBaseline(measured, 'minimum') },
    {
      name: 'latchkey/hono / no-op middleware',
      ...toBaseline(measured, 'one'),
      budget: { limit: 'at most', value: 3 },
    },
    { name: 'latchkey/hono / the minimum by hand', ...toCase(measured, 'one', 'minimum') },
    {
      name: 'hono/bearer-auth / latchkey/hono',
      ...toCase(measured, 'bearerAuth', 'one'),
      budget: { limit: 'at least', value: budgets.allowed },
    },
    {
      name: '1,000 accepted tokens / 1',
      ...toCase(measured, 'thousand', 'one'),
      budget: { limit: 'at most', value: 1.1 },
    },
    {
      name: 'refusal by hono/bearer-auth / by latchkey/hono',
      ...toCase(measured, 'bearerAuthRefused', 'refused'),
      budget: { limit: 'at least', value: budgets.refused },
    },
  ]
}
