import document from 'latchkey:document'
import type { WorkerModule } from './index.ts'
import { worker } from './index.ts'

/** The Worker that `npm run build` makes of the document at the top of the repository. */
const module: WorkerModule = worker({ document })
export default module
