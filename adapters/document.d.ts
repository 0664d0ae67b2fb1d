/** The document that a bundle carries: the build validates and stamps it. */
declare module 'latchkey:document' {
  import type { CheckedDocument } from '../src/checked.ts'

  const document: CheckedDocument
  export default document
}
