import type { NextRequest } from 'next/server'

/** Tells what a route handler is given of a request; `x-want-cache-control` is what it answers under that name. */
async function echo(request: NextRequest, { params }: { params: Promise<{ path: string[] }> }): Promise<Response> {
  const { path } = await params
  const body = request.method === 'GET' ? '' : await request.text()
  const caching = request.headers.get('x-want-cache-control')
  return Response.json(
    { method: request.method, url: request.url, path, headers: [...request.headers], body },
    { headers: caching === null ? {} : { 'Cache-Control': caching } },
  )
}

export { echo as DELETE, echo as GET, echo as OPTIONS, echo as POST, echo as PUT }
