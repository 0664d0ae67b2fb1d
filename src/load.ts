import type { Latchkey } from './build.ts'
import { build } from './build.ts'
import type { CheckedDocument } from './checked.ts'
import { stampedDocument } from './checked.ts'
import type { HostDefaults } from './config.ts'
import type { Document } from './document.ts'
import type { Equipment } from './kind.ts'
import type { Maybe } from './lib/maybe.ts'
import { after } from './lib/maybe.ts'
import type { Host } from './model/ports.ts'
import type { Validation } from './validate.ts'

/**
 * A document as TypeScript types an imported JSON file, where every literal is any string. It is validated like the rest.
 */
export interface ImportedDocument {
  readonly credentials: readonly { readonly kind: string }[]
  readonly routes: readonly { readonly path: string }[]
}

/** A stamped document, as the file that `latchkey check --emit` has written is typed. */
export interface ImportedCheckedDocument {
  readonly checked: string
  readonly document: ImportedDocument
}

/** What a host takes for a document: one that `defineConfig` has typed, a JSON file, or one that was stamped. */
export type GivenDocument = Document | ImportedDocument | CheckedDocument | ImportedCheckedDocument

/** Where a host has its document from. A text, from `LATCHKEY_CONFIG`, goes before the one that was bundled. */
export interface DocumentSource {
  readonly text?: string | undefined
  /** A document, or one that `latchkey check --emit` has stamped. */
  readonly document?: GivenDocument | undefined
}

/**
 * Builds the authorizer from wherever the document is. A faulty document gives one that refuses everything, and its
 * faults are logged. The validator is loaded only for a document that has no stamp.
 */
export function load(
  source: DocumentSource,
  host: Host,
  defaults: HostDefaults,
  equipment?: Equipment,
): Maybe<Latchkey> {
  const stamped = source.text === undefined ? stampedDocument(source.document) : undefined
  const checked: Maybe<Validation> = stamped
    ? { ok: true, document: stamped }
    : import('./faulty.ts').then(({ validation }) => validation(source))
  return after(checked, (result) => {
    if (result.ok && isEquipped(result.document, equipment)) return build(result.document, host, defaults, equipment)
    return import('./faulty.ts').then(({ faulty, faultsOf }) => faulty(faultsOf(result), host, defaults))
  })
}

/** Whether a bundle has all that a valid document needs. */
function isEquipped({ credentials }: Document, equipment: Equipment | undefined): boolean {
  return credentials.every(
    ({ kind, limits }) => (kind === 'static-token' && !limits) || equipment?.kinds.includes(kind),
  )
}
