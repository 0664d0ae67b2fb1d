import { apiKey } from '../../src/api-key.ts'
import type { Parts } from '../../src/equipment.ts'
import { equipmentOf } from '../../src/equipment.ts'
import { gatewayKey } from '../../src/gateway-key.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import type { Equipment, VerifierKind } from '../../src/kind.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { isLater } from '../../src/lib/maybe.ts'
import { late as lateLimiter } from '../../src/limiters/late.ts'
import { memory } from '../../src/limiters/memory.ts'
import { limitPolicy } from '../../src/limits.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { Limiter, SecretSource, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { late as lateStore } from '../../src/stores/late.ts'
import { webhooks } from '../../src/webhooks.ts'
import { jwt } from './jwt.ts'
import type { OpenedStore } from './stores.ts'
import { openLimiter, openStore } from './stores.ts'

export interface NodeEquipmentOptions {
  /** Goes before what the document's `store` names. */
  readonly store?: OpenedStore | string | undefined
  /** The text of a store that was opened already: what counts requests is opened by it. */
  readonly limiterText?: string | undefined
  readonly secrets: SecretSource
  /** Where the vendors' own variables are. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly now: () => EpochSeconds
}

/** Every kind of credential beside static tokens. */
export const KINDS: readonly VerifierKind[] = [apiKey, gatewayKey, jwt]

/** What a document may need on Node beside the core, and its end. */
export interface NodeEquipment extends Equipment {
  /** Lets go of what is open. */
  close(): Promise<void>
}

/** Every kind and every driver that there is: each driver is loaded only where it is named. */
export function nodeEquipment({ store, limiterText, secrets, variables, now }: NodeEquipmentOptions): NodeEquipment {
  const opened = new Set<Promise<{ close?(): void }>>()

  function kept<T extends { close?(): void }>(opening: Promise<T>): Promise<T> {
    opened.add(opening)
    opening.catch(() => opened.delete(opening))
    return opening
  }

  /** What opens what a binding names; undefined where its variable is not set, as far as that can be told at once. */
  function opening<T>(binding: string, open: (text: string) => Promise<T>): (() => Promise<T>) | undefined {
    let found: Maybe<readonly string[]> | undefined = secrets.get(binding)
    if (!isLater(found)) {
      const [text] = found
      return text === undefined ? undefined : () => open(text)
    }
    return async () => {
      const asked = found ?? secrets.get(binding)
      found = undefined
      const [text] = await asked
      if (text === undefined) throw new StoreError('store', 'refused', `set ${binding}`)
      return open(text)
    }
  }

  let isReadOnly = false
  const asStore = (text: string) => {
    isReadOnly = text.startsWith('global-config:')
    return kept(openStore(text, variables))
  }
  const asLimiter = (text: string) => kept(openLimiter(text, variables))

  const parts: Parts = {
    openStore({ document: { store: named } }): Store | undefined {
      if (typeof store === 'object') {
        isReadOnly = limiterText?.startsWith('global-config:') === true
        return store
      }
      const found = store === undefined ? opening(named?.binding ?? '', asStore) : () => asStore(store)
      return found && lateStore(found, now)
    },
    limits(settings, kept) {
      const { limiter, store: named } = settings.document
      const text = limiter === undefined ? (limiterText ?? (typeof store === 'string' ? store : undefined)) : undefined
      const binding = (limiter ?? named)?.binding
      const found = text === undefined ? binding && opening(binding, asLimiter) : () => asLimiter(text)
      // Without a store nothing is shared between processes anyway.
      const counter: Limiter | undefined = found ? lateLimiter(found, now) : kept ? undefined : memory()
      return limitPolicy(settings, counter)
    },
    recorder: (settings, kept, sink) => (isReadOnly ? undefined : recorderOf(settings, { store: kept, sink, now })),
    sink: (settings, own, valuesOf) => webhooks(settings, own, valuesOf, { lasting: true, now }),
  }

  return {
    ...equipmentOf(KINDS, [() => parts], undefined),
    async close() {
      for (const each of await Promise.allSettled(opened)) if (each.status === 'fulfilled') each.value.close?.()
    },
  }
}
