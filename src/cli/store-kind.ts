import type { Document, StoreKind } from '../document.ts'

/** The kind of store that a text such as `sqlite:./keys.db` names. */
export function storeKindOf(text: string): StoreKind | undefined {
  const kind = text.slice(0, Math.max(0, text.indexOf(':')))
  const kinds: readonly string[] = ['memory', 'sqlite', 'dynamodb', 'upstash', 'global-config'] satisfies StoreKind[]
  return kinds.includes(kind) ? (kind as StoreKind) : undefined
}

/** A document that says what its store is, where that is known here. */
export function withStoreKind(document: Document, text: string | undefined): Document {
  const kind = text === undefined ? undefined : storeKindOf(text)
  return document.store === undefined || kind === undefined
    ? document
    : { ...document, store: { ...document.store, kind } }
}
