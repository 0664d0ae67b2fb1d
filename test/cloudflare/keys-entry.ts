import type { WorkerModule } from '../../adapters/cloudflare/index.ts'
import { apiKey, jwt, limits, webhooks, worker } from '../../adapters/cloudflare/index.ts'
import type { Document } from '../../src/document.ts'
import { memorySink } from '../../src/sinks/memory.ts'

export { LatchkeyCounters } from '../../adapters/cloudflare/index.ts'

interface Env {
  readonly DOCUMENT: string
  /** The names of what the entry file names. */
  readonly VERIFIERS: string
  readonly PARTS: string
}

const VERIFIERS = { apiKey, jwt }
const PARTS = { limits, webhooks }

const sink = memorySink()
let gate: WorkerModule | undefined
let at = 0

function gateOf(env: Env): WorkerModule {
  gate ??= worker({
    document: JSON.parse(env.DOCUMENT) as Document,
    verifiers: Object.entries(VERIFIERS).flatMap(([name, kind]) => (env.VERIFIERS.includes(name) ? kind : [])),
    parts: Object.entries(PARTS).flatMap(([name, part]) => (env.PARTS.includes(name) ? part : [])),
    now: () => at,
    sink,
  })
  return gate
}

/** The Worker as it is deployed, but that each request says what time it is, and one path tells the events. */
const entry: WorkerModule = {
  fetch(request, env, context) {
    if (new URL(request.url).pathname === '/events-so-far') return Promise.resolve(Response.json(sink.events))
    at = Number(request.headers.get('x-test-at'))
    return gateOf(env as Env).fetch(request, env, context)
  },
  scheduled(controller, env, context) {
    at = (controller as { scheduledTime: number }).scheduledTime / 1000
    return gateOf(env as Env).scheduled(controller, env, context)
  },
}
export default entry
