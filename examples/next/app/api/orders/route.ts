import { guard } from '@/latchkey'

/** Tells who called. */
export const GET = guard((request, caller) => Response.json({ caller, url: request.url }))

export const POST = guard(async (request, caller) => Response.json({ caller, body: await request.text() }))
