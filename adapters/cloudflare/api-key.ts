import { apiKey as apiKeyKind } from '../../src/api-key.ts'
import type { EquippedKind } from '../../src/equipment.ts'
import type { Management } from '../../src/http/management.ts'
import { management } from '../../src/http/management.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import type { Store } from '../../src/model/ports.ts'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { KvNamespace } from '../../src/stores/cloudflare-kv.ts'
import { cloudflareKv } from '../../src/stores/cloudflare-kv.ts'
import type { Bindings } from './origin.ts'

/** A kind of credential with what a Worker has for it. */
export interface WorkerKind extends EquippedKind<Bindings> {
  readonly management?: Management
}

/** Issued keys on a Worker: in D1 or Workers KV, whichever the binding is, with the keys API. */
export const apiKey: WorkerKind = {
  ...apiKeyKind,
  management,
  parts: (bindings, { now }) => ({
    openStore: ({ document: { store } }) => storeOf(bindings[store?.binding ?? ''], now),
    recorder: (settings, store, sink) => recorderOf(settings, { store, sink, now, wait }),
  }),
}

/** Bindings are known by their methods. */
function storeOf(binding: unknown, now: () => number): Store | undefined {
  if (has(binding, 'prepare') && has(binding, 'batch')) return cloudflareD1(binding as unknown as D1Database, { now })
  if (has(binding, 'getWithMetadata')) return cloudflareKv(binding as unknown as KvNamespace, { now })
  return undefined
}

function has(binding: unknown, method: string): boolean {
  return typeof binding === 'object' && binding !== null && typeof Reflect.get(binding, method) === 'function'
}

/** Within what `waitUntil` keeps alive. */
function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
