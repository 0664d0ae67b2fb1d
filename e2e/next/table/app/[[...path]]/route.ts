import type { NextRequest } from 'next/server'

/** Tells in a field what arrived, and answers 200 with nothing of its own. */
function echo(request: NextRequest): Response {
  const { origin } = request.nextUrl
  const arrived = { method: request.method, target: request.url.slice(origin.length), headers: [...request.headers] }
  return new Response(null, { headers: { 'x-arrived': encodeURIComponent(JSON.stringify(arrived)) } })
}

export { echo as DELETE, echo as GET, echo as HEAD, echo as OPTIONS, echo as PATCH, echo as POST, echo as PUT }
