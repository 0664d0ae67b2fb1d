import type { AuthorizerHandler } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { CheckedDocument } from '../../src/checked.ts'

/** Written in by the bundler, validated and stamped before: as the build does it. */
declare const DOCUMENT: CheckedDocument

/** Latchkey's authorizer, with its own defaults for everything but the sink, which would write to the bench's output. */
export const handler: AuthorizerHandler = authorizer({ document: DOCUMENT, sink: { write: () => undefined } })
