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
import type { Fault, Validation } from './validate.ts'

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
  return after<Validation, Latchkey>(stamped ? { ok: true, document: stamped } : validation(source), (result) => {
    const faults = result.ok ? faultsIn(result.document.credentials, equipment) : result.faults
    if (result.ok && faults.length === 0) return build(result.document, host, defaults, equipment)
    return import('./faulty.ts').then(({ faulty }) => faulty(faults, host, defaults))
  })
}

/** What a valid document has that its bundle has not. */
function faultsIn(credentials: Document['credentials'], equipment: Equipment | undefined): Fault[] {
  const isHere = ({ kind, limits }: (typeof credentials)[number]) =>
    (kind === 'static-token' && !limits) || equipment?.kinds.includes(kind)
  return credentials.every(isHere) ? [] : [{ pointer: '/credentials', message: 'what the entry file names' }]
}

async function validation({ text, document }: DocumentSource): Promise<Validation> {
  if (text === undefined && document === undefined) {
    return { ok: false, faults: [{ pointer: '', message: 'a document: bundle one, or set LATCHKEY_CONFIG' }] }
  }
  const { validate, validateText } = await import('./validate.ts')
  if (text !== undefined) return validateText(text)
  return validate(document && 'document' in document ? document.document : document)
}
