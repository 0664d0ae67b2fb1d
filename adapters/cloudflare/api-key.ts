import { apiKey as apiKeyKind } from '../../src/api-key.ts'
import { management } from '../../src/http/management.ts'
import { cloudflareD1 as countedInD1 } from '../../src/limiters/cloudflare-d1.ts'
import { limitPolicy } from '../../src/limits.ts'
import type { Store } from '../../src/model/ports.ts'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { KvNamespace } from '../../src/stores/cloudflare-kv.ts'
import { recorderLater, storeLater } from './later.ts'
import type { WorkerKind } from './parts.ts'
import { has, isD1 } from './parts.ts'

/**
 * Issued keys on a Worker: in D1 or Workers KV, whichever the binding is, with the keys API. Their limits are counted in
 * D1; `limits` counts elsewhere.
 */
export const apiKey: WorkerKind = {
  ...apiKeyKind,
  management,
  parts: (bindings, { now }) => ({
    openStore: ({ document: { store } }) => storeOf(bindings[store?.binding ?? ''], now),
    recorder: (settings, store, sink) =>
      recorderLater(async () => {
        const { recorderOf } = await import('../../src/key-recorder.ts')
        return recorderOf(settings, { store, sink, now, wait })
      }, sink),
    limits(settings) {
      const { limiter, store } = settings.document
      const binding = bindings[(limiter ?? store)?.binding ?? '']
      return limitPolicy(settings, isD1(binding) ? countedInD1(binding as D1Database) : undefined)
    },
  }),
}

function storeOf(binding: unknown, now: () => number): Store | undefined {
  if (isD1(binding)) return cloudflareD1(binding as D1Database, { now })
  if (!has(binding, 'getWithMetadata')) return undefined
  return storeLater(async () => {
    const { cloudflareKv } = await import('../../src/stores/cloudflare-kv.ts')
    return cloudflareKv(binding as KvNamespace, { now })
  })
}

/** Within what `waitUntil` keeps alive. */
function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
