import { apiKeyWith } from '../api-key.ts'
import type { EquippedKind } from '../equipment.ts'
import { recorderOf } from '../key-recorder.ts'
import { limitPolicy } from '../limits.ts'
import type { Limiter, Store } from '../model/ports.ts'
import type { Management } from './asked.ts'
import { management } from './management.ts'

/** What whoever mounts the middleware has opened. */
export interface Opened {
  readonly store: Store | undefined
  readonly limiter: Limiter | undefined
}

/** A kind of credential, with what the middleware has for it. */
export interface MiddlewareKind extends EquippedKind<Opened> {
  readonly management?: Management
}

/** Issued keys in any Hono app, in the store that it is given, with the keys API. */
export const apiKey: MiddlewareKind = /* @__PURE__ */ apiKeyWith<MiddlewareKind>({
  management,
  parts: ({ store, limiter }, { now }) => ({
    openStore: () => store,
    limits: (settings) => limitPolicy(settings, limiter),
    recorder: (settings, kept, sink) => recorderOf(settings, { store: kept, sink, now }),
  }),
})
