import type { ImportedKey, KeyChange, NewKey, Rotation, Unchanged } from '../../keys/registry.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { EndBody, ImportBody, KeyChangeBody, NewKeyBody, RotationBody } from './schemas.ts'

/** What was sent, as the registry is asked for it. */

const DAY_SECONDS = 86_400

export function newKeyOf({ expiresAt, lifetimeDays, ...draft }: NewKeyBody, at: EpochSeconds): NewKey {
  return { ...draft, ...endOf({ expiresAt, lifetimeDays }, at) }
}

export function rotationOf({ overlapSeconds, ...end }: RotationBody, at: EpochSeconds): Rotation {
  return { overlapSeconds, ...endOf(end, at) }
}

export function importedKeyOf({ expiresAt, ...key }: ImportBody): ImportedKey {
  return { ...key, ...endOf({ expiresAt }, 0) }
}

/** null takes away: what is left is an empty text, list or object. */
export function changeOf(body: KeyChangeBody, at: EpochSeconds): KeyChange {
  const { expiresAt, lifetimeDays, description, owner, addresses, limits, metadata, ...rest } = body
  return {
    ...rest,
    ...endOf({ expiresAt, lifetimeDays }, at),
    ...(description !== undefined && { description: description ?? '' }),
    ...(owner !== undefined && { owner: owner ?? '' }),
    ...(addresses !== undefined && { addresses: addresses ?? [] }),
    ...(limits !== undefined && { limits: limits ?? [] }),
    ...(metadata !== undefined && { metadata: metadata ?? {} }),
  }
}

/** The registry tells what is wrong with an end as `expiresAt`, which is not where a lifetime was sent. */
export function whereSent<Done extends object>({ lifetimeDays }: EndBody, result: Done | Unchanged): Done | Unchanged {
  if (lifetimeDays === undefined || !('problem' in result)) return result
  const faults = result.faults?.map((fault) => {
    return fault.pointer === '/expiresAt' ? { ...fault, pointer: '/lifetimeDays' } : fault
  })
  return faults ? { ...result, faults } : result
}

interface End {
  readonly expiresAt?: EpochSeconds | 'never'
}

function endOf(
  { expiresAt, lifetimeDays }: { [Member in keyof EndBody]: EndBody[Member] | undefined },
  at: number,
): End {
  if (lifetimeDays !== undefined) return { expiresAt: at + lifetimeDays * DAY_SECONDS }
  return expiresAt === undefined ? {} : { expiresAt: expiresAt ?? 'never' }
}
