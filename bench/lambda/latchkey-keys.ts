import type { AuthorizerHandler } from '../../adapters/aws/index.ts'
import { apiKey, authorizer } from '../../adapters/aws/index.ts'
import type { CheckedDocument } from '../../src/checked.ts'

/** Written in by the bundler, as in latchkey.ts. */
declare const KEYS_DOCUMENT: CheckedDocument

/** Latchkey's authorizer where keys are issued too. */
export const handler: AuthorizerHandler = authorizer({
  document: KEYS_DOCUMENT,
  verifiers: [apiKey],
  sink: { write: () => undefined },
})
