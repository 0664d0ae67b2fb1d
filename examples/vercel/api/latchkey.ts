import { handle } from 'hono/vercel'
import { app } from 'latchkey/vercel/app'
import document from '../latchkey.json' with { type: 'json' }

/** Latchkey's own endpoints, `verify` above all, for proxies elsewhere. */
const endpoints = handle(app({ document }))

export { endpoints as DELETE, endpoints as GET, endpoints as OPTIONS, endpoints as PATCH, endpoints as POST }
