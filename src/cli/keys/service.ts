import type { ImportResult, KeyView, UsageView } from '../../http/keys/replies.ts'
import type { ImportedKey, KeyChange, KeyQuery, NewKey, Rotation } from '../../keys/asked.ts'
import type { LogItem } from '../../keys/log.ts'
import type { KeyState } from '../../keys/record.ts'
import type { UsageQuery } from '../../keys/usage.ts'

/** A key whose token can be told now. */
export interface IssuedKey {
  readonly key: KeyView
  readonly token: string
}

/** A page; `cursor` leads to the next one, and is null on the last. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly cursor: string | null
}

/** A key, and the version of the pepper that its secret is kept under, where that can be told. */
export interface ExportedKey extends KeyView {
  readonly pepperVersion?: string
}

/** A key that ends soon. */
export interface EndingKey extends Pick<KeyView, 'id' | 'name' | 'owner'> {
  readonly state: KeyState
  readonly expiresAt: string
}

/**
 * What the commands need of issued keys, wherever these are: in a store that the operator's own credentials reach, or
 * behind a deployment. Everything throws `Failure` for what is refused, and what stores throw where they cannot be asked.
 */
export interface KeyService {
  create(key: NewKey): Promise<IssuedKey>
  show(id: string): Promise<KeyView | undefined>
  list(query: KeyQuery): Promise<Page<KeyView>>
  /** The keys of this name: one, or more in a store that cannot refuse the second of two writers. */
  named(name: string): Promise<readonly KeyView[]>
  update(id: string, change: KeyChange): Promise<KeyView>
  rotate(id: string, rotation: Rotation): Promise<IssuedKey>
  suspend(id: string): Promise<KeyView>
  resume(id: string): Promise<KeyView>
  revoke(id: string, reason: string | undefined): Promise<KeyView>
  remove(id: string): Promise<void>
  reveal(id: string): Promise<string>
  /** What became of each, in their order. */
  import(keys: readonly ImportedKey[]): AsyncIterable<ImportResult>
  /** Every key, with whatever is known of it but its digests. */
  export(): AsyncIterable<ExportedKey>
  /** The newest first; also of a key that was deleted. */
  log(id: string, from: string | undefined): Promise<Page<LogItem>>
  usage(query: UsageQuery): Promise<UsageView>
  /** Keys that end within so many days, the first to end first; default: what the document says, else 7. */
  expiring(withinDays: number | undefined): Promise<readonly EndingKey[]>
  close(): Promise<void>
}

/** Every item of a listing, page by page. */
export async function* pagesOf<Item>(
  page: (from: string | undefined) => Promise<Page<Item>>,
): AsyncGenerator<Item, undefined> {
  let from: string | undefined
  do {
    const { items, cursor } = await page(from)
    yield* items
    from = cursor ?? undefined
  } while (from !== undefined)
}

/** Every key that fits. */
export function everyKey(keys: KeyService, query: Omit<KeyQuery, 'limit' | 'from'>): AsyncGenerator<KeyView> {
  return pagesOf((from) => keys.list({ ...query, limit: 100, ...(from !== undefined && { from }) }))
}
