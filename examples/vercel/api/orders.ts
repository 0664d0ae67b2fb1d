import { guard } from 'latchkey/vercel'
import document from '../latchkey.json' with { type: 'json' }

const guarded = guard({ document })

export const GET = guarded((_, caller) => Response.json(caller))
