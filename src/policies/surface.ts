import type { Policy } from '../model/ports.ts'

/** Refuses a principal of another surface: a token for the API does not open the administration, nor the reverse. */
export function surface(): Policy {
  return ({ principal, match }) =>
    match.surface === undefined || match.surface === principal.surface ? undefined : { reason: 'surface-mismatch' }
}
