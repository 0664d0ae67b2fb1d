import { encodeVisible } from './lib/percent.ts'
import type { Principal } from './model/principal.ts'

/** The prefix of every field that is Latchkey's to set, in canonical form. */
export const IDENTITY_PREFIX = 'x-latchkey-'
export const REQUEST_ID_HEADER = 'X-Latchkey-Request-Id'

/**
 * Who called, for the origin: every field is always there, empty where there is nothing to say, so that no client's copy
 * survives a proxy that copies by name. Two different principals never give the same values.
 */
export function identityHeaders(
  principal: Principal | 'anonymous',
  requestId: string,
): readonly (readonly [string, string])[] {
  const known = principal === 'anonymous' ? undefined : principal
  return [
    ['X-Latchkey-Subject', encodeVisible(known?.subject ?? '')],
    ['X-Latchkey-Kind', known?.kind ?? ''],
    ['X-Latchkey-Type', known?.grant.type ?? ''],
    ['X-Latchkey-Name', encodeVisible(known?.credential ?? '')],
    ['X-Latchkey-Owner', encodeVisible(known?.owner ?? '')],
    ['X-Latchkey-Permissions', (known?.covered ?? known?.grant.permissions ?? []).map(encodeVisible).join(' ')],
    ['X-Latchkey-Expires', known?.expiresAt === undefined ? '' : String(Math.floor(known.expiresAt))],
    [REQUEST_ID_HEADER, requestId],
  ]
}

/** What `whoami` tells a principal of itself; never the token. */
export function whoami(principal: Principal): Record<string, unknown> {
  return {
    subject: principal.subject,
    name: principal.credential,
    owner: principal.owner ?? null,
    kind: principal.kind,
    type: principal.grant.type,
    surface: principal.surface,
    permissions: principal.covered ?? principal.grant.permissions,
    expiresAt: principal.expiresAt ?? null,
  }
}
