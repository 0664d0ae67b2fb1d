import type { Document } from './document.ts'

/**
 * A document that was validated at build, so that a Worker or a Lambda function need not load the validator at its
 * start. The stamp is no signature: it only tells a document that was edited after it was checked.
 */
export interface CheckedDocument {
  readonly checked: string
  readonly document: Document
}

/** Changes whenever a document that was valid before may be valid no longer. */
const SCHEMA_VERSION = 1

/** Stamps a document that was found valid. */
export function stamp(document: Document): CheckedDocument {
  return { checked: stampOf(document), document }
}

/** The document, where its stamp is right; undefined where it has none or was changed since: then validate it. */
export function stampedDocument(input: unknown): Document | undefined {
  const { checked, document } = Object(input) as Partial<CheckedDocument>
  return typeof document === 'object' && checked === stampOf(document) ? document : undefined
}

/** FNV-1a over the document's text, in whole numbers of 32 bits: it runs once, cold, at the start of every instance. */
function stampOf(document: Document): string {
  const text = JSON.stringify(document)
  let hash = 0x811c9dc5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193)
  return `latchkey schema ${SCHEMA_VERSION}, ${(hash >>> 0).toString(16).padStart(8, '0')}`
}
