import { apiKey, latchkey } from 'latchkey/next'
import document from '../../../latchkey.json'

const { guard } = latchkey({ document, verifiers: [apiKey] })

/** Next keeps whatever a handler that says so fetches, and the count of requests is fetched. */
export const fetchCache = 'force-cache'

export const GET = guard((_, caller) => Response.json(caller.kind))
