/** An API that knows nothing of tokens: the gate before it says who calls. It has no address of its own. */
export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname === '/health') return new Response('ok\n')
    const customer = request.headers.get('x-latchkey-owner')
    const key = request.headers.get('x-latchkey-subject')
    return Response.json({ customer, key, asked: `${request.method} ${pathname}` })
  },
}
