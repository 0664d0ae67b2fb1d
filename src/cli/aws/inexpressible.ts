import type { ApiDocument, Document } from '../../document.ts'

/** A credential of which a policy for a whole API cannot say all that it may do. */
export interface Inexpressible {
  /** Its name in the document. */
  readonly credential: string
  /** Why, and what the caller is answered instead. */
  readonly why: string
}

/** The credentials that cannot be expressed where an API keeps its answers. */
export function inexpressible(_document: Document, _api: ApiDocument): readonly Inexpressible[] {
  return []
}
