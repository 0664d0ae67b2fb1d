import { latchkey } from 'latchkey/next'
import document from './latchkey.json'

export const { proxy, guard, handle } = latchkey({ document })
