import document from 'latchkey:document'
import type { AuthorizerHandler } from './index.ts'
import { authorizer } from './index.ts'

/** The Lambda handler that `npm run build` makes of the document at the top of the repository. */
export const handler: AuthorizerHandler = authorizer({ document })
