import document from 'latchkey:document'
import { parts, verifiers } from 'latchkey:equipment'
import type { WorkerModule } from './index.ts'
import { worker } from './index.ts'

export * from 'latchkey:classes'

/** The Worker that `npm run build` makes of the document at the top of the repository. */
const module: WorkerModule = worker({ document, verifiers, parts })
export default module
