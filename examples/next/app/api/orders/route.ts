import { guard } from '@/latchkey'

/** Tells who called, and what the handler was given. */
export const GET = guard((request, caller) =>
  Response.json({ caller, url: request.url, headers: Object.fromEntries(request.headers) }),
)

export const POST = guard(async (request, caller) => Response.json({ caller, body: await request.text() }))
