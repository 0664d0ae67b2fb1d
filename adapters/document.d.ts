/** The document that a bundle carries: the build validates and stamps it. */
declare module 'latchkey:document' {
  import type { CheckedDocument } from '../src/checked.ts'

  const document: CheckedDocument
  export default document
}

/** What that document needs beside the core. */
declare module 'latchkey:equipment' {
  import type { WorkerKind, WorkerPart } from './cloudflare/parts.ts'

  export const verifiers: readonly WorkerKind[]
  export const parts: readonly WorkerPart[]
}
