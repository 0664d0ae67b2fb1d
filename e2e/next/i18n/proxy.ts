import { latchkey } from 'latchkey/next'
import document from './latchkey.json'

export const proxy = latchkey({ document, scope: ['/api', '/admin', '/fr/admin'] }).proxy
