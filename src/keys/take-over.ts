import type { EpochSeconds } from '../model/access.ts'
import type { Entry } from '../model/ports.ts'
import type { Actor } from './actor.ts'
import { isWithinSight } from './actor.ts'
import type { Imported, ImportedKey, Kept, Unchanged } from './asked.ts'
import { beyondActor } from './bounds.ts'
import { blankRecord, inherited, place } from './create.ts'
import type { Desk } from './desk.ts'
import { KEY_PREFIX, tried } from './desk.ts'
import type { DraftFault, LifetimePolicy } from './draft.ts'
import { applied, endFaults, faultsOf, fieldFaults, isTime } from './draft.ts'
import { drawKey } from './format.ts'
import { importEntryOf, importedDigestOf, importIdOf, isHashOf } from './import.ts'
import type { KeptSecret, KeyRecord } from './record.ts'

/**
 * Takes over a key of another system. Its record is written first and then the alias that leads to it from its hash; as
 * long as the record is there the alias is too, so that an import that is run again finds every key that was ever taken
 * over, rotated and revoked ones too, and changes nothing.
 */
export async function takeOver(
  desk: Desk,
  key: ImportedKey,
  by: Actor,
  at: EpochSeconds,
): Promise<Imported | Unchanged> {
  const faults = importFaults(key, desk.lifetimes, at)
  if (faults.length > 0) return { problem: 'invalid', faults }
  const known = await findKnown(desk, key)
  if (known) return alreadyThere(known, by)
  const secret = await keptSecretOf(desk, key)
  const record = await recordOf(desk, key, secret, by, at)
  const problem = beyondActor(by, record) ?? (await desk.pepperProblem())
  if (problem) return problem
  const placed = await place(desk, record, at)
  if ('holder' in placed) return finished(desk, placed.holder, secret, by)
  if ('problem' in placed) return placed
  const alias = await tied(desk, secret, record.id)
  if (alias === 'conflict') {
    // Somebody else has taken it over in this moment.
    await removed(desk, placed)
    const other = await findKnown(desk, key)
    return other ? alreadyThere(other, by) : { problem: 'conflict' }
  }
  await desk.tell('key-imported', record, by, at)
  return { ...placed, already: false }
}

/** Takes away what leads to a key from its hash. */
export async function untie(desk: Desk, { id, imported }: KeyRecord): Promise<void> {
  if (!imported) return
  const alias = await desk.store.get(importEntryOf(imported))
  if (alias?.value === id) await desk.store.delete(alias.id, { ifVersion: alias.version })
}

function importFaults(key: ImportedKey, lifetimes: LifetimePolicy, at: EpochSeconds): DraftFault[] {
  const surface: unknown = key.surface
  return [
    ...fieldFaults({ ...key, name: key.name ?? '' }),
    // A time that is over is taken: it tells the holder that his key has ended.
    ...endFaults(key.expiresAt, lifetimes, at),
    ...faultsOf([
      ['/surface', surface !== 'keys', '"api" or "admin": a key that manages keys is made here'],
      ['/type', key.type !== undefined, '"full-access", "read-only" or "custom"'],
      ['/createdAt', key.createdAt === undefined || isTime(key.createdAt), 'epoch seconds'],
      ['/hash', isHashOf(key.scheme, key.hash), 'lower-case hex of a scheme: "strapi" or "sha256"'],
    ]),
  ]
}

async function recordOf(
  desk: Desk,
  key: ImportedKey,
  secret: KeptSecret,
  by: Actor,
  at: EpochSeconds,
): Promise<KeyRecord> {
  const blank = blankRecord(drawKey(desk.random).id, key.name, secret, key.createdAt ?? at)
  return {
    ...applied(inherited(key, by, desk.lifetimes, at), blank),
    ...(key.suspended === true && { state: 'suspended' }),
    imported: secret,
    ...(key.token !== undefined && (await desk.copyOf(key.token))),
  }
}

async function keptSecretOf({ peppers: [pepper], digests }: Desk, { scheme, hash }: ImportedKey): Promise<KeptSecret> {
  return { digest: await importedDigestOf(scheme, hash, pepper, digests), pepperVersion: pepper.version, scheme }
}

/** The key that a hash already leads to, under any pepper. */
async function findKnown(desk: Desk, { scheme, hash }: ImportedKey): Promise<Kept | undefined> {
  for (const pepper of desk.peppers) {
    const alias = await entryAt(desk, await importIdOf(scheme, hash, pepper, desk.digests))
    const found = alias && (await desk.kept(alias.value))
    if (found) return found
  }
  return undefined
}

/** By a listing: on Workers KV a read of what is not there yet would be remembered, and the key not be known for a minute. */
async function entryAt({ store }: Desk, id: string): Promise<Entry | undefined> {
  const { items } = await store.list({ prefix: id, limit: 1 })
  return items.find((entry) => entry.id === id)
}

/** Leads from the hash to the key, unless it leads to another one that is still there. */
async function tied(desk: Desk, secret: KeptSecret, id: string): Promise<'tied' | 'conflict'> {
  const place = importEntryOf(secret)
  if ((await desk.store.put(place, id, { ifVersion: null })) !== 'conflict') return 'tied'
  const alias = await desk.store.get(place)
  if (alias?.value === id) return 'tied'
  if (!alias || (await desk.kept(alias.value))) return 'conflict'
  return (await desk.store.put(place, id, { ifVersion: alias.version })) === 'conflict' ? 'conflict' : 'tied'
}

/** A name that is taken: by the same key, where an earlier run was stopped between the record and its alias. */
async function finished(desk: Desk, holder: string, secret: KeptSecret, by: Actor): Promise<Imported | Unchanged> {
  const found = holder === '' ? undefined : await desk.kept(holder)
  const isSame = found?.record.imported && desk.digests.equal(found.record.imported.digest, secret.digest)
  if (!found || !isSame) return { problem: 'name-taken' }
  if ((await tied(desk, secret, holder)) === 'conflict') return { problem: 'conflict' }
  return alreadyThere(found, by)
}

function alreadyThere(found: Kept, by: Actor): Imported | Unchanged {
  if (isWithinSight(by, found.record)) return { ...found, already: true }
  return { problem: 'beyond-actor', faults: [{ pointer: '/hash', message: 'one that no key of another owner has' }] }
}

async function removed(desk: Desk, { record, version }: Kept): Promise<void> {
  await tried(async () => {
    await desk.store.delete(KEY_PREFIX + record.id, { ifVersion: version })
    await desk.names.release(record.name, record.id)
  })
}
