/** The kinds of credential that the document of a bundle has, beside static tokens. */
declare module 'latchkey:kinds' {
  import type { LambdaKind } from './api-key.ts'

  export const kinds: readonly LambdaKind[]
}
