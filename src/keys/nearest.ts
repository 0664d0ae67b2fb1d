import type { PermissionParts } from '../lib/permission.ts'
import { parsePermission } from '../lib/permission.ts'
import type { DraftFault } from './draft.ts'

/** How many route permissions a fault names, and for how many permissions they are looked for. */
const NAMED = 3
const MOST_COMPARED = 10
/** Of longer texts the beginning is compared: the work grows with the square. */
const MOST_CHARACTERS = 100
const PARAMETER = /\{[A-Za-z_][A-Za-z0-9_]*\}/

/**
 * The permissions of a list that no route needs, each with the nearest that routes do. A template's parameter, as in
 * `api::{collection}.find`, is any one segment; a `*` of a permission is any of a template.
 */
export function unneeded(
  permissions: readonly string[],
  templates: readonly string[],
  isLookedAt: (permission: string) => boolean = () => true,
): DraftFault[] {
  const needed = templates.map((template) => parsePermission(template).parts)
  const isNeeded = (permission: string) => {
    const granted = parsePermission(permission).parts
    return needed.some((each) => isNeededBy(each, granted))
  }
  return permissions
    .map((permission, place) => ({ permission, pointer: `/permissions/${place}` }))
    .filter(({ permission }) => isLookedAt(permission) && !isNeeded(permission))
    .map(({ permission, pointer }, place) => {
      return { pointer, message: messageOf(place < MOST_COMPARED ? nearest(permission, templates) : []) }
    })
}

/** The three templates that are nearest to a permission by edit distance, the nearest first. */
export function nearest(permission: string, templates: readonly string[]): string[] {
  return [...new Set(templates)]
    .map((template) => ({ template, distance: distance(start(permission), start(filled(template, permission))) }))
    .sort((a, b) => a.distance - b.distance || (a.template < b.template ? -1 : 1))
    .slice(0, NAMED)
    .map(({ template }) => template)
}

function messageOf(near: readonly string[]): string {
  const named = near.length > 0 ? `, such as ${near.map((template) => JSON.stringify(template)).join(', ')}` : ''
  const hint = near.some((template) => PARAMETER.test(template)) ? ', with a value or "*" for what is in braces' : ''
  return `one that a route needs${named}${hint}`
}

/** Whether what a route needs for some path is covered by what is granted. */
function isNeededBy(needed: PermissionParts, granted: PermissionParts): boolean {
  if (needed.length < granted.length || (needed.length > granted.length && granted.at(-1) !== '*')) return false
  return granted.every((part, place) => {
    const wanted = needed[place] as string
    if (part === '*' && place % 2 === 0) return wanted !== ''
    return PARAMETER.test(wanted) ? isFilled(wanted, part) : part === wanted
  })
}

/** Whether a segment is one of a template's with a value in the place of each parameter. */
function isFilled(wanted: string, part: string): boolean {
  // A template is no permission: it was meant to be filled.
  if (part === '' || PARAMETER.test(part)) return false
  const pieces = wanted.split(PARAMETER).map((piece) => piece.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${pieces.join('.*')}$`, 's').test(part)
}

/** A template with the permission's own segments for its parameters, so that only what is amiss counts. */
function filled(template: string, permission: string): string {
  const { parts } = parsePermission(permission)
  return parsePermission(template)
    .parts.map((part, place) => (PARAMETER.test(part) ? parts[place] || part : part))
    .join('')
}

function start(text: string): string {
  return text.slice(0, MOST_CHARACTERS)
}

/** How many characters must be put in, taken out or changed to make one text of the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, place) => place)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let place = 1; place <= to.length; place++) {
      const changed = (row[place - 1] as number) + (from[line - 1] === to[place - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[place] as number) + 1, (next[place - 1] as number) + 1))
    }
    row = next
  }
  return row[to.length] as number
}
