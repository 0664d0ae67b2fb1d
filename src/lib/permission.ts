/**
 * A permission, taken apart: segments at even places, the separators between them (`.` or `:`) at odd ones.
 * `api::articles.find` is `api : "" : articles . find`.
 */
export type PermissionParts = readonly string[]

/** A permission: its parts, put together, are its text. A segment that came from a path is one, whatever it holds. */
export interface Permission {
  readonly parts: PermissionParts
}

/** What a permission may look like in a grant or a route: visible ASCII but `,`, `"` and `\`, no two `*` in a segment. */
export const PERMISSION: RegExp = /^[!#-+\--[\]-~]{1,200}$/

const SEPARATORS = /([.:])/

/** Parses a permission, or the pattern of a grant: the grammar is the same, only a grant's `*` means something. */
export function parsePermission(text: string): Permission {
  return { parts: text.split(SEPARATORS) }
}

/**
 * Whether a granted pattern covers what a route needs. In the pattern `*` is one segment, a final `*` the rest (at
 * least one segment). Comparison is case-sensitive and by whole segments: `find` never covers `refind`.
 */
export function covers(pattern: PermissionParts, needed: PermissionParts): boolean {
  const last = pattern.length - 1
  if (needed.length < pattern.length) return false
  if (needed.length > pattern.length && pattern[last] !== '*') return false
  for (let place = 0; place <= last; place++) {
    const part = pattern[place]
    if (part === needed[place]) continue
    if (part !== '*' || place % 2 === 1 || needed[place] === '') return false
  }
  return true
}

/**
 * Whether one pattern covers all that another one does. A `*` of the other is taken for a segment that no pattern names:
 * only a `*` covers it, and only a final `*` what a final one may hold.
 */
export function includes(pattern: PermissionParts, other: PermissionParts): boolean {
  return covers(pattern, other)
}

/** Of granted permissions those that lie below a ceiling, patterns too. */
export function coveredBy(ceiling: readonly string[], permissions: readonly string[]): string[] {
  const patterns = ceiling.map((text) => parsePermission(text).parts)
  return permissions.filter((text) => patterns.some((pattern) => covers(pattern, parsePermission(text).parts)))
}

const PLACEHOLDER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g

/** The parameters that a permission template names: `api::{collection}.find` names `collection`. */
export function placeholders(template: string): string[] {
  return Array.from(template.matchAll(PLACEHOLDER), (match) => match[1] as string)
}

/** Compiles a template to a function that fills it with values from a path. */
export function permissionTemplate(template: string): (values: ReadonlyMap<string, string>) => Permission {
  const parsed = parsePermission(template)
  const fillers = parsed.parts.map(partTemplate)
  if (fillers.every((fill) => typeof fill === 'string')) return () => parsed
  return (values) => ({ parts: fillers.map((fill) => (typeof fill === 'string' ? fill : fill(values))) })
}

/** The part itself where it names no parameter: templates are filled at every request, and taken apart only once. */
function partTemplate(part: string): string | ((values: ReadonlyMap<string, string>) => string) {
  // Literal text at even places, the names between at odd ones.
  const pieces = part.split(PLACEHOLDER)
  const name = pieces[1]
  if (name === undefined) return part
  if (part === `{${name}}`) return (values) => values.get(name) ?? ''
  return (values) => pieces.map((piece, place) => (place % 2 === 0 ? piece : (values.get(piece) ?? ''))).join('')
}
