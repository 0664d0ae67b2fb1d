import type { WorkerModule } from '../../adapters/cloudflare/index.ts'
import { worker } from '../../adapters/cloudflare/index.ts'
import type { Document } from '../../src/document.ts'
import { memorySink } from '../../src/sinks/memory.ts'

let gate: WorkerModule | undefined
let at = 0

/** The Worker as it is deployed, but that each request says what time it is. */
const entry: Pick<WorkerModule, 'fetch'> = {
  fetch(request, env, context) {
    at = Number(request.headers.get('x-test-at'))
    gate ??= worker({
      document: JSON.parse((env as { DOCUMENT: string }).DOCUMENT) as Document,
      now: () => at,
      sink: memorySink(),
    })
    return gate.fetch(request, env, context)
  },
}
export default entry
