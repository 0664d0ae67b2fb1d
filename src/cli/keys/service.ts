import type { ImportResult, KeyView } from '../../http/keys/replies.ts'
import type { ImportedKey, KeyChange, KeyQuery, NewKey, Rotation } from '../../keys/asked.ts'
import type { LogItem } from '../../keys/log.ts'

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

/**
 * What the commands need of issued keys, wherever these are: in a store that the operator's own credentials reach, or
 * behind a deployment. Everything throws `Failure` for what is refused, and what stores throw where they cannot be asked.
 */
export interface KeyService {
  create(key: NewKey): Promise<IssuedKey>
  show(id: string): Promise<KeyView | undefined>
  list(query: KeyQuery): Promise<Page<KeyView>>
  update(id: string, change: KeyChange): Promise<KeyView>
  rotate(id: string, rotation: Rotation): Promise<IssuedKey>
  suspend(id: string): Promise<KeyView>
  resume(id: string): Promise<KeyView>
  revoke(id: string, reason: string | undefined): Promise<KeyView>
  remove(id: string): Promise<void>
  reveal(id: string): Promise<string>
  /** At most 100 at once; what is refused of them is told for each, in their order. */
  import(keys: readonly ImportedKey[]): Promise<readonly ImportResult[]>
  /** The newest first; also of a key that was deleted. */
  log(id: string, from: string | undefined): Promise<Page<LogItem>>
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
