/** The document that a bundle carries: the build validates and stamps it. */
declare module 'latchkey:document' {
  import type { CheckedDocument } from '../src/checked.ts'

  const document: CheckedDocument
  export default document
}

/** The Durable Objects that the document may be bound to. */
declare module 'latchkey:classes' {
  export {}
}

/** What that document needs beside the core. */
declare module 'latchkey:equipment' {
  import type { WorkerKind, WorkerPart } from './cloudflare/parts.ts'

  export const verifiers: readonly WorkerKind[]
  export const parts: readonly WorkerPart[]
}
