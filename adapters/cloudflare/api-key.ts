import { apiKeyWith } from '../../src/api-key.ts'
import { management } from '../../src/http/management.ts'
import { lateRecorder } from '../../src/keys/late-recorder.ts'
import { cloudflareD1 as countedInD1 } from '../../src/limiters/cloudflare-d1.ts'
import { limitPolicy } from '../../src/limits.ts'
import type { Store } from '../../src/model/ports.ts'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { KvNamespace } from '../../src/stores/cloudflare-kv.ts'
import { late } from '../../src/stores/late.ts'
import type { WorkerKind } from './parts.ts'
import { has, isD1 } from './parts.ts'

/**
 * Issued keys on a Worker: in D1 or Workers KV, whichever the binding is, with the keys API. Their limits are counted in
 * D1; `limits` counts elsewhere.
 */
export const apiKey: WorkerKind = /* @__PURE__ */ apiKeyWith<WorkerKind>({
  management,
  parts: (bindings, { now, sink: own }) => ({
    openStore({ document: { store, credentials } }) {
      const binding = store?.binding ?? ''
      const isRotated = credentials.some((each) => each.kind === 'api-key' && each.selfRotation)
      const found = storeOf(bindings[binding], now, isRotated)
      if (!found) own.write({ type: 'notice', level: 'error', message: missing(binding, isRotated) })
      return found
    },
    recorder: (settings, store, sink) =>
      lateRecorder(async () => {
        const { recorderOf } = await import('../../src/key-recorder.ts')
        return recorderOf(settings, { store, sink, now, wait })
      }, sink),
    limits(settings) {
      const { limiter, store } = settings.document
      const binding = bindings[(limiter ?? store)?.binding ?? '']
      return limitPolicy(settings, isD1(binding) ? countedInD1(binding as D1Database) : undefined)
    },
  }),
})

function missing(binding: string, isRotated: boolean): string {
  return `no store: binding ${binding} is ${isRotated ? 'no D1 database, which selfRotation needs' : 'neither a D1 database nor a KV namespace'}`
}

/** A holder who rotates in KV, which he may see as it was a minute ago, could undo that his key was revoked. */
function storeOf(binding: unknown, now: () => number, isRotated: boolean): Store | undefined {
  if (isD1(binding)) return cloudflareD1(binding as D1Database, { now })
  if (isRotated || !has(binding, 'getWithMetadata')) return undefined
  return late(async () => {
    const { cloudflareKv } = await import('../../src/stores/cloudflare-kv.ts')
    return cloudflareKv(binding as KvNamespace, { now })
  }, now)
}

/** Within what `waitUntil` keeps alive. */
function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
