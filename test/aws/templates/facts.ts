/** What a template says, whatever it is written in: where two do the same, these are the same. */
export interface Facts {
  readonly rest: readonly Cached[]
  readonly http: readonly (Cached & { readonly payload: unknown; readonly simple: unknown })[]
  /** What the authorizer may do. */
  readonly allowed: readonly Allowed[]
  readonly table: Table
  readonly refusals: Readonly<Record<string, Refusal>>
  /** What every HTTP integration behind the authorizer does to the headers of a request. */
  readonly restHeaders: readonly Headers[]
  readonly httpHeaders: readonly Headers[]
  readonly alarms: Readonly<Record<string, Alarm>>
  /** What finds the errors that are thrown on purpose. */
  readonly thrown: readonly unknown[]
  readonly queries: readonly string[]
  /** Of the authorizer's log. */
  readonly retentionDays: unknown
  readonly function: Readonly<Record<'handler' | 'runtime' | 'architecture' | 'memory' | 'timeout', unknown>>
  readonly variables: readonly string[]
}

/** How the answers of an authorizer are kept. */
export interface Cached {
  readonly stage: string
  readonly kind: unknown
  readonly ttlSeconds: unknown
  readonly sources: readonly string[]
}

export interface Allowed {
  readonly actions: readonly string[]
  readonly on: 'table' | 'parameters' | 'log' | undefined
  /** What ids must begin with. */
  readonly families: readonly string[] | undefined
}

export type Headers = Readonly<Record<string, unknown>>

export interface Refusal {
  readonly status: string
  readonly headers: Headers
  readonly body: string
}

export interface Table {
  readonly billing: unknown
  readonly key: unknown
  readonly attributes: readonly unknown[]
  /** Name, hash key, range key, projection. */
  readonly indexes: readonly (readonly unknown[])[]
  readonly gone: unknown
  readonly recovers: unknown
}

/** By what it says when it rings. */
export interface Alarm {
  readonly watches: readonly string[]
  readonly threshold: unknown
  readonly comparison: unknown
  readonly periods: unknown
  readonly missing: unknown
}

/** The realm is the API's own. */
export function withoutRealm(headers: Headers): Headers {
  const entries = Object.entries(headers).map(([name, value]) => [name, `${value}`.replace(/realm="[^"]*"/, 'realm')])
  return Object.fromEntries(entries.sort())
}

/** A header's credential is the document's choice, and so is what stands in a path. */
export function identityIn(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => /x-latchkey-/i.test(name))
      .sort(),
  )
}

/** Whatever its metrics are called in it, and whichever functions it is about. */
export function expression(text: string): string {
  const [, statistic, metric, namespace] =
    /^SELECT (\w+)\((\w+)\) FROM SCHEMA\("([\w/]+)", FunctionName\)/.exec(text) ?? []
  if (metric !== undefined) return watched(namespace, metric, statistic === 'MAX' ? 'Maximum' : 'Sum')
  return text.replace(/^(ANOMALY_DETECTION_BAND)\(\w+/, '$1(it')
}

export function watched(namespace: unknown, metric: unknown, statistic: unknown, reason?: unknown): string {
  return `${namespace} ${metric} ${statistic}${reason === undefined ? '' : ` ${reason}`}`
}
