import type { Access } from '../../src/model/access.ts'
import type { Match, Notice } from '../../src/model/decision.ts'
import type { Attempt } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import { accessOf } from '../given/access.ts'

/** What a test says of an attempt; the rest is filled in. */
export interface AttemptFacts {
  readonly principal?: Partial<Principal>
  readonly match?: Partial<Match>
  readonly access?: Partial<Access>
}

/** An attempt, and what was told to its caller. */
export function attemptOf({ principal, match, access }: AttemptFacts): { attempt: Attempt; told: Notice[] } {
  const told: Notice[] = []
  const attempt: Attempt = {
    principal: {
      kind: 'api-key',
      credential: 'api-key',
      subject: '1a',
      surface: 'api',
      grant: { type: 'full-access', permissions: [] },
      ...principal,
    },
    access: accessOf(access),
    match: {
      pattern: '/*',
      path: '/',
      query: undefined,
      passage: 'judged',
      access: 'read',
      surface: 'api',
      permissions: [],
      credentials: undefined,
      endpoint: undefined,
      ...match,
    },
    place: { kind: 'header', name: 'authorization', scheme: 'bearer' },
    notice: (notice) => void told.push(notice),
  }
  return { attempt, told }
}
