import type { Document } from '../../src/document.ts'
import type { Span } from '../../src/lib/quota.ts'
import { quotaId, windowAt } from '../../src/lib/quota.ts'
import type { Quota } from '../../src/model/ports.ts'
import { countedAs } from '../../src/policies/limits.ts'
import type { MadeKey, VectorEntry, VectorKey } from './vector-keys.ts'
import { madeKey } from './vector-keys.ts'

/**
 * What the store of a row holds. Texts of the row name its keys: `{{id:NAME}}` is a key's id, `{{key:NAME}}` its token, and
 * `{{key:NAME:FORM}}` the token of before its rotation (`previous`) or what somebody else makes of it (`forged`, `cut`;
 * vector-keys.ts knows them all).
 */
export interface VectorStore {
  readonly keys?: Readonly<Record<string, VectorKey>>
  readonly used?: readonly VectorUse[]
  /** `down`: nobody can ask it. `absent`: the binding has no value. Default: it answers. */
  readonly is?: 'down' | 'absent'
}

/** So much of a quota is used in the window of the row's clock. */
export interface VectorUse extends Span {
  /** As `countedAs` takes it: `["key", "{{id:NAME}}"]`. */
  readonly counted: readonly [scope: string, ...names: string[]]
  readonly times: number
}

/** The same for a runner, which makes it so in the real store of its host. */
export interface RowStore {
  readonly is: 'up' | 'down' | 'absent'
  readonly entries: readonly VectorEntry[]
  readonly used: readonly { readonly quota: Quota; readonly times: number }[]
}

/** What a row's store is made of. */
interface RowParts {
  readonly store: VectorStore
  /** Whatever may name keys: only those that are named are there. */
  readonly texts: unknown
  readonly document: Document
  readonly secrets: Readonly<Record<string, string>>
  readonly file: string
  readonly row: string
  readonly now: number
}

const MORE_THAN_ANYBODY_USES = 1_000_000
const NAMED = /\{\{(key|id):([^:}]+)(?::([^}]*))?\}\}/g

/** What a row's store holds, what nobody may be told of it, and what fills the texts of the row. */
export function rowStore({ store, texts, document, secrets, file, row, now }: RowParts): {
  readonly store: RowStore
  readonly hidden: Readonly<Record<string, string>>
  filled<T>(value: T): T
} {
  // All rows share the stores of a host: what one row counts must be nothing to another.
  const isLimited = Object.values(store.keys ?? {}).some(({ limits }) => limits !== undefined)
  const isCounted = isLimited || JSON.stringify(document).includes('"limits"')
  const named = new Set(Array.from(JSON.stringify([texts, store.used]).matchAll(NAMED), ([, , name]) => name))
  const keys = new Map(
    Object.entries(store.keys ?? {})
      .filter(([name]) => named.has(name))
      .map(([name, key]) => [name, madeKey(key, JSON.stringify([file, name, key, isCounted ? row : '']), secrets)]),
  )

  function textOf(whole: string, what: string, name: string, form = ''): string {
    const key = keys.get(name)
    if (!key) throw new Error(`${file}: ${row}: ${whole} is no key`)
    return what === 'id' ? key.id : key.token(form)
  }

  function filled<T>(value: T): T {
    if (typeof value === 'string') return value.replace(NAMED, textOf) as T
    if (Array.isArray(value)) return value.map(filled) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each)])) as T
  }

  return {
    store: {
      is: store.is ?? 'up',
      entries: Array.from(keys.values()).flatMap(({ entries }) => entries),
      used: filled(store.used ?? []).map((use) => ({ quota: quotaOf(use, now), times: use.times })),
    },
    hidden: hiddenOf(keys),
    filled,
  }
}

function quotaOf({ counted, windowSeconds, per }: VectorUse, at: number): Quota {
  const span = { windowSeconds, per }
  return { id: quotaId(countedAs(...counted), span), requests: MORE_THAN_ANYBODY_USES, ...windowAt(span, at) }
}

function hiddenOf(keys: ReadonlyMap<string, MadeKey>): Record<string, string> {
  return Object.fromEntries(
    Array.from(keys).flatMap(([name, { hidden }]) =>
      Object.entries(hidden).map(([what, text]) => [`${what} of ${name}`, text]),
    ),
  )
}
