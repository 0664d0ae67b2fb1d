import { apiKey } from '../../src/api-key.ts'
import type { Settings } from '../../src/config.ts'
import { recorderOf } from '../../src/key-recorder.ts'
import type { Equipment } from '../../src/kind.ts'
import { isLater } from '../../src/lib/maybe.ts'
import type { EpochSeconds } from '../../src/model/access.ts'
import type { SecretSource, Store } from '../../src/model/ports.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { late } from '../../src/stores/late.ts'
import { webhooks } from '../../src/webhooks.ts'
import type { OpenedStore } from './stores.ts'
import { openStore } from './stores.ts'

export interface NodeEquipmentOptions {
  /** Goes before what the document's `store` names. */
  readonly store?: string | undefined
  readonly secrets: SecretSource
  /** Where the vendors' own variables are. */
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly now: () => EpochSeconds
}

/** What issued keys need on Node, and its end. */
export interface NodeEquipment extends Equipment {
  /** Writes what is still held, and lets go of what is open. */
  close(): Promise<void>
}

/** Every driver that there is: each is loaded only where it is named. */
export function nodeEquipment({ store, secrets, variables, now }: NodeEquipmentOptions): NodeEquipment {
  const opened: Promise<OpenedStore>[] = []

  function open(text: string): Store {
    const opening = openStore(text, variables)
    opened.push(opening)
    return late(opening)
  }

  return {
    verifiers: [apiKey],
    openStore({ store: named }) {
      if (store !== undefined) return open(store)
      const found = secrets.get((named as NonNullable<Settings['store']>).binding)
      if (!isLater(found)) return found[0] === undefined ? undefined : open(found[0])
      return late(
        found.then(([text]) => {
          if (text === undefined) throw new StoreError('store', 'refused', `set ${named?.binding}`)
          return open(text)
        }),
      )
    },
    recorder: (settings, kept, sink) => recorderOf(settings, { store: kept, sink, now }),
    sink: (settings, own, valuesOf) => webhooks(settings, own, valuesOf, { lasting: true, now }),
    async close() {
      for (const each of await Promise.allSettled(opened)) if (each.status === 'fulfilled') each.value.close?.()
    },
  }
}
