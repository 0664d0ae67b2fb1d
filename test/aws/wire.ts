/** Names and values, in order. */
export type Pairs = readonly (readonly [string, string])[]

/** A target's path and query; undefined where none was sent. */
export function split(target: string): { path: string; query: string | undefined } {
  const mark = target.indexOf('?')
  return mark < 0 ? { path: target, query: undefined } : { path: target.slice(0, mark), query: target.slice(mark + 1) }
}

/** The parameters of a query, decoded. */
export function parameters(query: string | undefined): Pairs {
  return query === undefined ? [] : Array.from(new URLSearchParams(query))
}

/** One value a name: the last one. Null where there are none, as in AWS's events. */
export function last(pairs: Pairs): Record<string, string> | null {
  return pairs.length === 0 ? null : Object.fromEntries(pairs)
}

/** Every value of a name. */
export function every(pairs: Pairs): Record<string, string[]> | null {
  if (pairs.length === 0) return null
  const values: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) values[name] = [...(values[name] ?? []), value]
  return values
}

/** As payload 2.0 has fields: names in lower case, their values joined. */
export function joined(pairs: Pairs): Record<string, string> {
  const lower = pairs.map(([name, value]) => [name.toLowerCase(), value] as const)
  return Object.fromEntries(Object.entries(every(lower) ?? {}).map(([name, values]) => [name, values.join(',')]))
}
