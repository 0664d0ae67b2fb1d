import { timestamps } from '../lib/time.ts'
import type { EpochSeconds } from '../model/access.ts'
import type { KeyEvent } from '../model/event.ts'
import type { Digests, Sink, Store } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import type { Actor } from './actor.ts'
import { actorName, isWithinSight } from './actor.ts'
import type { Kept, Unchanged } from './asked.ts'
import { encryptCopy } from './copy.ts'
import type { LifetimePolicy } from './draft.ts'
import { DEFAULT_LIFETIMES } from './draft.ts'
import type { Pepper } from './format.ts'
import { digestOf, formatKey } from './format.ts'
import type { KeyLog } from './log.ts'
import type { Names } from './names.ts'
import { names } from './names.ts'
import { keepPepper } from './pepper-check.ts'
import type { KeptSecret, KeyRecord } from './record.ts'
import { decodeRecord, encodeRecord } from './record.ts'

/** What a registry is made of. */
export interface RegistryParts {
  readonly store: Store
  readonly digests: Digests
  /** Fills so many bytes from the runtime's own cryptographic generator. */
  readonly random: (bytes: number) => Uint8Array
  /** The first makes new secrets; the others only count. */
  readonly peppers: readonly [Pepper, ...Pepper[]]
  /** What new tokens begin with. */
  readonly prefix: string
  readonly lifetimes?: LifetimePolicy | undefined
  /** The permissions that the document's routes need, as templates; absent: permissions are not compared with routes. */
  readonly routePermissions?: readonly string[] | undefined
  /** Encrypts viewable copies; absent: none are made. */
  readonly encryptionKey?: string | undefined
  /** Told of every change. */
  readonly sink?: Sink | undefined
  /** Keeps every change with the store. */
  readonly log?: Pick<KeyLog, 'append'> | undefined
}

/** Where a key's record lies. */
export const KEY_PREFIX = 'key:'

/** A secret that was just made. */
export interface Made {
  readonly secret: KeptSecret
  readonly token: string
  readonly copy?: string
}

/** What every operation of the registry works with. */
export interface Desk extends RegistryParts {
  readonly lifetimes: LifetimePolicy
  readonly names: Names
  /** Throws `RecordUnreadable` where a later version has written it: then nothing is done with it. */
  kept(id: string): Promise<Kept | undefined>
  /** The same, where it is the actor's to see. */
  seen(id: string, by: Actor): Promise<Kept | undefined>
  write(record: KeyRecord, ifVersion: string | null): Promise<Kept | Unchanged>
  make(id: string, secret: string, isViewable: boolean): Promise<Made>
  copyOf(token: string): Promise<{ readonly copy?: string }>
  /** Why no secret may be kept under the pepper that makes them. */
  pepperProblem(): Promise<Unchanged | undefined>
  tell(type: KeyEvent['type'], record: KeyRecord, by: Actor, at: EpochSeconds, detail?: string): Promise<void>
}

export function deskOf(parts: RegistryParts): Desk {
  const { store, digests, random, prefix, encryptionKey, sink, log } = parts
  const [pepper] = parts.peppers
  const timeOf = timestamps()
  let isPepperKept = false

  async function kept(id: string): Promise<Kept | undefined> {
    const entry = await store.get(KEY_PREFIX + id)
    return entry && { record: decodeRecord(entry.value), version: entry.version }
  }

  async function bears(id: string, name: string): Promise<boolean> {
    try {
      return (await kept(id))?.record.name === name
    } catch (error) {
      if ((error as Error).name === 'RecordUnreadable') return true
      throw error
    }
  }

  async function copyOf(token: string): Promise<{ readonly copy?: string }> {
    return encryptionKey === undefined ? {} : { copy: await encryptCopy(token, encryptionKey, random) }
  }

  return {
    ...parts,
    lifetimes: parts.lifetimes ?? DEFAULT_LIFETIMES,
    names: names(store, bears),
    kept,
    copyOf,

    async seen(id, by) {
      const found = await kept(id)
      return found && isWithinSight(by, found.record) ? found : undefined
    },

    async write(record, ifVersion) {
      const index = { name: record.name, ...(record.expiresAt !== undefined && { expires: record.expiresAt }) }
      const written = await store.put(KEY_PREFIX + record.id, encodeRecord(record), { ifVersion, index })
      return written === 'conflict' ? { problem: 'conflict' } : { record, version: written.version }
    },

    async make(id, secret, isViewable) {
      const digest = await digestOf(id, secret, pepper, digests)
      const token = await formatKey(prefix, { id, secret }, pepper, digests)
      return { secret: { digest, pepperVersion: pepper.version }, token, ...(isViewable && (await copyOf(token))) }
    },

    async pepperProblem() {
      if (isPepperKept) return undefined
      const state = await keepPepper(store, pepper, digests)
      if (state !== 'same') return { problem: state === 'other' ? 'wrong-pepper' : 'conflict' }
      isPepperKept = true
      return undefined
    },

    async tell(type, record, by, at, detail) {
      const event: KeyEvent = {
        type,
        time: timeOf(at),
        keyId: record.id,
        name: record.name,
        owner: record.owner ?? null,
        actor: actorName(by),
        until: record.expiresAt === undefined ? null : timeOf(record.expiresAt),
        detail: detail || null,
      }
      sink?.write(event)
      try {
        await log?.append(event)
      } catch (error) {
        // The change is done; who asked for it must be told so, and be given his token.
        sink?.write({ type: 'notice', level: 'error', message: `a change of a key is not in its log: ${told(error)}` })
      }
    },
  }
}

/** Does what may fail without harm: what it leaves behind holds nothing for long. */
export async function tried(work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch {}
}

/** A store's own message holds nothing of what was asked. */
function told(error: unknown): string {
  return error instanceof Error && error.name === 'StoreError' ? error.message : nameOfError(error)
}
