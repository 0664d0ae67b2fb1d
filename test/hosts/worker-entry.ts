import type { WorkerModule } from '../../adapters/cloudflare/index.ts'
import { apiKey, gatewayKey, jwt, limits, worker } from '../../adapters/cloudflare/index.ts'
import type { Document } from '../../src/document.ts'

let gate: WorkerModule | undefined

/** The Worker as it is deployed, but for the clock and the document, which its bindings hold. */
const entry: Pick<WorkerModule, 'fetch'> = {
  fetch(request, env, context) {
    const { TABLE_DOCUMENT: document, TABLE_NOW: now } = env as { TABLE_DOCUMENT: Document; TABLE_NOW: number }
    gate ??= worker({ document, verifiers: [apiKey, gatewayKey, jwt], parts: [limits], now: () => now })
    return gate.fetch(request, env, context)
  },
}
export default entry
