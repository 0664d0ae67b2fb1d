import type { WorkerModule } from '../../adapters/cloudflare/index.ts'
import { jwt, worker } from '../../adapters/cloudflare/index.ts'
import type { Document } from '../../src/document.ts'

let gate: WorkerModule | undefined
let at = 0

/** The Worker as it is deployed, but that each request says what time it is. */
const entry: Pick<WorkerModule, 'fetch'> = {
  fetch(request, env, context) {
    at = Number(request.headers.get('x-test-at'))
    const document = JSON.parse((env as { DOCUMENT: string }).DOCUMENT) as Document
    gate ??= worker({ document, verifiers: [jwt], now: () => at })
    return gate.fetch(request, env, context)
  },
}
export default entry
