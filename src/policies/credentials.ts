import type { Policy } from '../model/ports.ts'

/** Refuses a credential that the route does not list under `credentials`. */
export function credentials(): Policy {
  return ({ principal, match }) =>
    match.credentials === undefined || match.credentials.has(principal.credential)
      ? undefined
      : { reason: 'credential-not-accepted' }
}
