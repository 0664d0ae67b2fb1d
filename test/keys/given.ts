import { nodeDigests } from '../../src/crypto/node.ts'
import type { DraftFault } from '../../src/keys/draft.ts'
import type { KeyRecord } from '../../src/keys/record.ts'
import type { Actor, Issued, Kept, Registry, RegistryParts, Unchanged } from '../../src/keys/registry.ts'
import { registry } from '../../src/keys/registry.ts'
import type { Range } from '../../src/lib/ip.ts'
import { parseRange } from '../../src/lib/ip.ts'
import type { KeyEvent, LatchkeyEvent } from '../../src/model/event.ts'
import type { Store } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { StoreTrouble } from '../../src/model/store-error.ts'
import { StoreError } from '../../src/model/store-error.ts'
import { memory } from '../../src/stores/memory.ts'

export const NOW = 1_780_000_000
export const DAY = 86_400
export const PEPPER = { version: '1', secret: 'the pepper of this test, long enough to be one' }
export const random = (bytes: number): Uint8Array => crypto.getRandomValues(new Uint8Array(bytes))

/** A registry with all that it told. */
export interface Given {
  readonly keys: Registry
  readonly store: Store
  readonly events: LatchkeyEvent[]
  readonly logged: KeyEvent[]
}

export function given(more: Partial<RegistryParts> = {}): Given {
  const store = more.store ?? memory({ now: () => NOW })
  const events: LatchkeyEvent[] = []
  const logged: KeyEvent[] = []
  const keys = registry({
    store,
    digests: nodeDigests(),
    random,
    peppers: [PEPPER],
    prefix: 'lk',
    sink: { write: (event) => void events.push(event) },
    log: { append: async (event) => void logged.push(event) },
    ...more,
  })
  return { keys, store, events, logged }
}

/** What must have been done. */
export function done<T extends object>(result: T | Unchanged): T {
  if ('problem' in result) throw new Error(JSON.stringify(result))
  return result
}

/** Where the faults of what was not done are. */
export function pointersOf(result: object): string[] | undefined {
  return (result as { readonly faults?: readonly DraftFault[] }).faults?.map(({ pointer }) => pointer)
}

/** A key that an operator makes. */
export async function created({ keys }: Pick<Given, 'keys'>, name = 'ci', more: object = {}): Promise<Issued> {
  return done(await keys.create({ name, ...more }, 'operator', NOW))
}

export async function shown({ keys }: Pick<Given, 'keys'>, id: string): Promise<KeyRecord> {
  return ((await keys.show(id, 'operator')) as Kept).record
}

/** The principal that a verifier makes of a key's current secret. */
export function principalOf(record: KeyRecord, more: Partial<Principal> = {}): Principal {
  const { id, owner, surface, type, permissions, addresses, limits, expiresAt } = record
  return {
    kind: 'api-key',
    credential: 'api-key',
    subject: id,
    surface,
    grant: { type, permissions },
    slot: 0,
    ...(owner !== undefined && { owner }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...((addresses || limits) && {
      constraints: { ...(addresses && { addresses: rangesOf(addresses) }), ...(limits && { limits }) },
    }),
    ...more,
  }
}

/** A principal of surface `keys` that may hand out keys of its kind. */
export function keeper(more: Partial<Principal> = {}): Principal {
  return {
    kind: 'static-token',
    credential: 'keeper',
    subject: 'keeper',
    surface: 'keys',
    grant: { type: 'full-access', permissions: [] },
    ...more,
  }
}

/** One that may hand out certain permissions alone. */
export function customKeeper(permissions: readonly string[], more: Partial<Principal> = {}): Principal {
  return keeper({ grant: { type: 'custom', permissions }, ...more })
}

export function rangesOf(texts: readonly string[]): Range[] {
  return texts.map((text) => parseRange(text) as Range)
}

export type Call = 'get' | 'put' | 'delete' | 'list'

/** A store in which some calls are in trouble: before they are done, or after. */
export function failing(store: Store, isStruck: (call: Call, id: string) => boolean, isDone = false): Store {
  async function struck<T>(call: Call, id: string, work: () => T): Promise<Awaited<T>> {
    if (!isStruck(call, id)) return await work()
    if (isDone) await work()
    throw new StoreError('a store', (isDone ? 'slow' : 'down') satisfies StoreTrouble, 'no answer')
  }
  return {
    get: (id) => struck('get', id, () => store.get(id)),
    put: (id, value, options) => struck('put', id, () => store.put(id, value, options)),
    delete: (id, options) => struck('delete', id, () => store.delete(id, options)),
    list: (query) => struck('list', query.prefix, () => store.list(query)),
  }
}

/** The ids of all entries of a family. */
export async function idsOf(store: Store, prefix: string): Promise<string[]> {
  return (await store.list({ prefix, limit: 100 })).items.map(({ id }) => id)
}

export type { Actor }
