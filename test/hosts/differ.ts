import type { Field } from '../../src/http/hop-by-hop.ts'

/** A field's value, repeated ones joined; undefined where it is absent. */
export function fieldOf(fields: readonly Field[], name: string): string | undefined {
  const values = fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(', ')
}

/** A difference in words; nothing where there is none. */
export function differs(what: string, expected: unknown, given: unknown): string[] {
  return expected === given ? [] : [`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(given)}`]
}

/** Fields that are not as expected: a value, or null where there must be none. */
export function fieldsDiffer(
  where: string,
  expected: Readonly<Record<string, string | null>> | undefined,
  fields: readonly Field[],
): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) =>
    differs(`${where}'s ${name}`, value ?? undefined, fieldOf(fields, name)),
  )
}

/** Members that are given must be equal; an object may have more of them. */
export function jsonDiffers(expected: unknown, given: unknown, where: string): string[] {
  if (typeof expected !== 'object' || expected === null || Array.isArray(expected)) {
    return differs(where, JSON.stringify(expected), JSON.stringify(given))
  }
  if (typeof given !== 'object' || given === null) return [`${where}: expected an object`]
  return Object.entries(expected).flatMap(([key, value]) =>
    jsonDiffers(value, (given as Record<string, unknown>)[key], `${where}.${key}`),
  )
}

/** A body as JSON; undefined where it is none. */
export function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
