import { middleware } from 'latchkey/vercel'
import document from './latchkey.json' with { type: 'json' }

export const config = { runtime: 'nodejs' }
export default middleware({ document, scope: '/api' })
