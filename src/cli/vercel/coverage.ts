import type { Condition, Rule } from './matcher.ts'

/** Whether a request for a path reaches the middleware: whatever else it holds, or only as it chooses its headers. */
export type Coverage = 'always' | 'sometimes' | 'never'

/** More conditions than these are not tried in every combination. */
const MOST_CONDITIONS = 10

/** Whether a path reaches the middleware. Without rules every path does. */
export function coverageOf(rules: readonly Rule[] | undefined, path: string): Coverage {
  if (!rules) return 'always'
  const matching = rules.filter(({ pattern }) => pattern.test(path) || pattern.test(decoded(path)))
  if (matching.length === 0) return 'never'
  const conditions = new Map(
    matching.flatMap(({ has, missing }) => [...has, ...missing]).map((each) => [keyOf(each), each]),
  )
  if (conditions.size === 0) return 'always'
  if (conditions.size > MOST_CONDITIONS) return matching.some(isUnconditional) ? 'always' : 'sometimes'
  const isTaken = (holds: ReadonlySet<string>) =>
    matching.some(
      ({ has, missing }) =>
        has.every((each) => holds.has(keyOf(each))) && !missing.some((each) => holds.has(keyOf(each))),
    )
  return combinations(conditions).every(isTaken) ? 'always' : 'sometimes'
}

function isUnconditional({ has, missing }: Rule): boolean {
  return has.length === 0 && missing.length === 0
}

/** Every set of conditions that can hold together: what has a value is there. */
function combinations(conditions: ReadonlyMap<string, Condition>): ReadonlySet<string>[] {
  const keys = Array.from(conditions.keys())
  const sets = Array.from(
    { length: 2 ** keys.length },
    (_, bits) => new Set(keys.filter((_key, place) => (bits >> place) & 1)),
  )
  return sets.filter((holds) =>
    Array.from(holds).every((key) => {
      const { value: _, ...there } = conditions.get(key) as Condition
      return !conditions.has(keyOf(there)) || holds.has(keyOf(there))
    }),
  )
}

function keyOf({ type, key, value }: Condition): string {
  return JSON.stringify([type, type === 'header' ? key?.toLowerCase() : key, value])
}

/** Next looks at a path as it came, and decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
