import { webDigests } from '../../src/crypto/web.ts'
import { latchkey } from '../../src/http/hono.ts'
import type { App } from './apps.ts'
import { behind, noOp, request, withBearerAuth, withLatchkey } from './apps.ts'
import { minimum } from './minimum.ts'

const APPS: Readonly<Record<string, App>> = {
  'no-op': noOp(),
  same: noOp(),
  minimum: behind(minimum(webDigests())),
  latchkey: withLatchkey(latchkey),
  'bearer-auth': withBearerAuth(),
}

/**
 * Runs an app many times in one request, as no clock moves inside a Worker: whoever asks measures the whole. The path is
 * `/<app>/<requests>/<in flight>/<token>`; the reply counts the statuses.
 */
export default {
  async fetch({ url }: Request): Promise<Response> {
    const [name = '', requests, inFlight, token = ''] = new URL(url).pathname.slice(1).split('/')
    const app = APPS[name]
    if (!app) return new Response('name an app', { status: 404 })
    const statuses: Record<number, number> = {}
    const asked = request(token)
    let left = Number(requests)
    const work = async () => {
      while (left-- > 0) {
        const { status } = await app.fetch(asked)
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: Number(inFlight) }, work))
    return Response.json(statuses)
  },
}
