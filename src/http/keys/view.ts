import type { KeyRecord } from '../../keys/record.ts'
import type { LastUse } from '../../keys/used.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { KeyView } from './replies.ts'

/** A record as its administrators see it. What is not named here stays inside: digests, and the encrypted copy. */
export function viewOf(record: KeyRecord, lastUse: LastUse | undefined, at: EpochSeconds): KeyView {
  const { revoked } = record
  return {
    id: record.id,
    name: record.name,
    description: record.description ?? null,
    type: record.type,
    permissions: record.permissions,
    surface: record.surface,
    owner: record.owner ?? null,
    createdAt: timeText(record.createdAt),
    expiresAt: timeOrNull(record.expiresAt),
    state: record.state,
    addresses: record.addresses ?? null,
    limits: record.limits ?? [],
    metadata: record.metadata ?? {},
    revoked: revoked ? { at: timeText(revoked.at), reason: revoked.reason ?? null } : null,
    rotation: rotationOf(record, at),
    lastUsedAt: timeOrNull(lastUse?.usedAt),
    previousSecretUsedAt: timeOrNull(lastUse?.previousSecretUsedAt),
    viewable: record.copy !== undefined,
    imported: record.imported?.scheme ?? null,
  }
}

/** The overlap of a rotation, while it runs. */
export function rotationOf({ previous }: KeyRecord, at: EpochSeconds): KeyView['rotation'] {
  return previous && at < previous.until ? { until: timeText(previous.until) } : null
}

/** Epoch seconds as RFC 3339. */
export function timeText(at: EpochSeconds): string {
  return new Date(at * 1000).toISOString()
}

export function timeOrNull(at: EpochSeconds | undefined): string | null {
  return at === undefined ? null : timeText(at)
}
