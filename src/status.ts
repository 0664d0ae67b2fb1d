import type { Settings } from './config.ts'
import type { Reason } from './model/reason.ts'
import { STATUSES } from './model/reason.ts'

/** A reason's status: the document may follow a system that has its own for two of them. */
export function statusOf(reason: Reason, { missing, surface }: Settings['refusals']): number {
  if (reason === 'credential-missing' && missing !== undefined) return missing
  if (reason === 'surface-mismatch' && surface !== undefined) return surface
  return STATUSES[reason]
}
