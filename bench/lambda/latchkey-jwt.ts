import type { AuthorizerHandler } from '../../adapters/aws/index.ts'
import { authorizer, jwt } from '../../adapters/aws/index.ts'
import type { CheckedDocument } from '../../src/checked.ts'

/** Written in by the bundler, as in latchkey.ts. */
declare const JWT_DOCUMENT: CheckedDocument

/** Latchkey's authorizer where tokens of an issuer are taken too. */
export const handler: AuthorizerHandler = authorizer({
  document: JWT_DOCUMENT,
  verifiers: [jwt],
  sink: { write: () => undefined },
})
