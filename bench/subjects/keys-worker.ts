import { webDigests } from '../../src/crypto/web.ts'
import { latchkey } from '../../src/http/hono.ts'
import type { D1Database } from '../../src/stores/cloudflare-d1.ts'
import { cloudflareD1 } from '../../src/stores/cloudflare-d1.ts'
import type { App } from './apps.ts'
import { anew, request, withBearer, withKeys, withLatchkey } from './apps.ts'

/** What the Worker is bound to. */
export interface Bindings {
  readonly KEYS: D1Database
  /** By the SHA-256 of a token, in hex. */
  readonly TOKENS: { get(hash: string, options: { readonly cacheTtl: number }): Promise<string | null> }
}

/** What a batch is asked for by. */
export interface Loop {
  readonly app: 'static' | 'same' | 'keys' | 'new' | 'kv' | 'd1'
  readonly tokens: readonly string[]
  readonly requests: number
  readonly inFlight: number
}

/** What is used of an execution context. */
interface Context {
  waitUntil(work: Promise<unknown>): void
  passThroughOnException(): void
  readonly props: unknown
}

let made: Readonly<Record<string, App>> | undefined

/** Once an isolate, as bindings are there only at its first request. */
function appsOn({ KEYS, TOKENS }: Bindings): Readonly<Record<string, App>> {
  const store = cloudflareD1(KEYS)
  return {
    static: withLatchkey(latchkey),
    same: withLatchkey(latchkey),
    keys: withKeys(latchkey, {}, { store }),
    new: withKeys(anew(webDigests), { cacheSeconds: 0 }, { store }),
    kv: withBearer(async (token) => (await TOKENS.get(await hashOf(token), { cacheTtl: 60 })) !== null),
    d1: withBearer(async (token) => {
      const found = await KEYS.prepare('SELECT 1 FROM tokens WHERE hash = ?1')
        .bind(await hashOf(token))
        .all()
      return found.results.length > 0
    }),
  }
}

async function hashOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Runs an app many times in one request, and counts the statuses. */
export default {
  async fetch(asked: Request, env: Bindings, context: Context): Promise<Response> {
    made ??= appsOn(env)
    const { app: name, tokens, requests, inFlight } = (await asked.json()) as Loop
    const app = made[name] as App
    const shown = tokens.map(request)
    const statuses: Record<number, number> = {}
    let left = requests
    const work = async () => {
      while (left-- > 0) {
        const { status } = await app.fetch(shown[left % shown.length] as Request, env, context)
        statuses[status] = (statuses[status] ?? 0) + 1
      }
    }
    await Promise.all(Array.from({ length: inFlight }, work))
    return Response.json(statuses)
  },
}
