// In a project of your own: from 'latchkey/cloudflare'.
import type { WorkerModule } from '../../adapters/cloudflare/index.ts'
import { apiKey, worker } from '../../adapters/cloudflare/index.ts'
import document from './latchkey.json' with { type: 'json' }

const gate: WorkerModule = worker({ document, verifiers: [apiKey] })
export default gate
