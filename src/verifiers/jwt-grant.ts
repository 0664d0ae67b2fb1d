import { coveredBy, parsePermission } from '../lib/permission.ts'
import type { Grant, Principal } from '../model/principal.ts'
import type { Claims } from './jwt-claims.ts'
import { claimAt, isName } from './jwt-claims.ts'

/** Which claims say what a token may do. */
export interface GrantRules {
  /** The claim that holds permissions themselves. */
  readonly permissionsClaim: string | undefined
  /** The claim that holds roles, and what each of them may do, as patterns. */
  readonly roles: { readonly claim: string; readonly map: ReadonlyMap<string, readonly string[]> } | undefined
  /** The most that any token may do; undefined: what it says. */
  readonly ceiling: Grant | undefined
}

/** OAuth's own claims are one text of words (RFC 8693 4.2); any other text is one role, whatever it holds. */
const WORDS = new Set(['scope', 'scp'])

/**
 * What a token says that it may do. In a claim `*` is a character like any other; the patterns of roles mean it. An origin
 * could not tell the one from the other, so it is told only of patterns.
 */
export function claimedGrant(
  claims: Claims,
  { permissionsClaim, roles, ceiling }: GrantRules,
): Pick<Principal, 'grant' | 'ceiling' | 'covered'> {
  const claimed = permissionsClaim === undefined ? [] : textsOf(claimAt(claims, permissionsClaim), true)
  const held = roles === undefined ? [] : textsOf(claimAt(claims, roles.claim), WORDS.has(roles.claim))
  const mapped = held.flatMap((role) => roles?.map.get(role) ?? [])
  const starred = claimed.filter(hasStar)
  const permissions = [...new Set([...claimed.filter((text) => !starred.includes(text)), ...mapped])]
  return {
    grant: { type: 'custom', permissions, ...(starred.length > 0 && { literals: literalsOf(starred) }) },
    ceiling,
    covered: ceiling?.type === 'custom' ? coveredBy(ceiling.permissions, permissions) : permissions,
  }
}

/** What counts as it stands. */
function literalsOf(starred: readonly string[]): ReadonlySet<string> {
  return new Set(starred.map((text) => parsePermission(text).parts.join('\0')))
}

/** The texts in a claim. Whatever else is in it grants nothing. */
function textsOf(value: unknown, isSplit: boolean): string[] {
  const texts = isSplit && typeof value === 'string' ? value.split(' ') : [value].flat()
  return texts.filter(isName)
}

function hasStar(text: string): boolean {
  return text.includes('*') && parsePermission(text).parts.includes('*')
}
