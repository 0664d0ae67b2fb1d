import { encodeVisible } from './lib/percent.ts'
import type { Principal } from './model/principal.ts'

/** The prefix of every field that is Latchkey's to set, in canonical form. */
export const IDENTITY_PREFIX = 'x-latchkey-'
export const REQUEST_ID_HEADER = 'X-Latchkey-Request-Id'

/** Who called: every field is always there, empty where there is nothing to say. */
export type Identity = Readonly<
  Record<'subject' | 'kind' | 'type' | 'name' | 'owner' | 'permissions' | 'expires' | 'requestId', string>
>

/** Who called, in texts that any field can hold. Two different principals never give the same values. */
export function identityOf(principal: Principal | 'anonymous', requestId: string): Identity {
  const known = principal === 'anonymous' ? undefined : principal
  return {
    subject: encodeVisible(known?.subject ?? ''),
    kind: known?.kind ?? '',
    type: known?.grant.type ?? '',
    name: encodeVisible(known?.credential ?? ''),
    owner: encodeVisible(known?.owner ?? ''),
    permissions: (known?.covered ?? known?.grant.permissions ?? []).map(encodeVisible).join(' '),
    expires: known?.expiresAt === undefined ? '' : String(Math.floor(known.expiresAt)),
    requestId,
  }
}

/** The same for the origin: all fields, always, so that no client's copy survives a proxy that copies by name. */
export function identityHeaders(
  principal: Principal | 'anonymous',
  requestId: string,
): readonly (readonly [string, string])[] {
  const { subject, kind, type, name, owner, permissions, expires } = identityOf(principal, requestId)
  return [
    ['X-Latchkey-Subject', subject],
    ['X-Latchkey-Kind', kind],
    ['X-Latchkey-Type', type],
    ['X-Latchkey-Name', name],
    ['X-Latchkey-Owner', owner],
    ['X-Latchkey-Permissions', permissions],
    ['X-Latchkey-Expires', expires],
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
