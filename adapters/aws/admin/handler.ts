import document from 'latchkey:document'
import { kinds } from 'latchkey:kinds'
import type { AdminHandler } from './index.ts'
import { admin } from './index.ts'

/** The Lambda handler that `npm run build` makes of the document in examples/aws-keys. */
export const handler: AdminHandler = admin({ document, verifiers: kinds })
