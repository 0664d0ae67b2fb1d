import { middleware } from 'latchkey/vercel'
import document from './latchkey.json'

export const proxy = middleware({ document })
