import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import type { Document } from '../../src/document.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { bundle, COMPATIBILITY_DATE } from '../hosts/worker-runtime.ts'

export const PEPPER = 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga'
/** A static token of surface keys. */
export const FIRST = 'u1Xr7Kp3Zt9Wb5Nc2Vm8Qf4Hd6Js0Ly_EgAoIuTnRwS'

export const KEYS_DOCUMENT: Document = {
  origin: { binding: 'ORIGIN' },
  transport: 'any',
  store: { binding: 'KEYS' },
  credentials: [
    { kind: 'static-token', name: 'first', tokens: { secret: 'FIRST' }, surface: 'keys', type: 'full-access' },
    { kind: 'api-key', name: 'keys', peppers: [{ version: 1, secret: 'PEPPER' }] },
  ],
  routes: [
    { path: '/public', public: true },
    { path: '/orders', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders', methods: ['POST'], permission: 'orders.create' },
  ],
}

/** What stands behind `KEYS` and `LIMITER`, and what else a Worker of a test is given. */
export interface KeysWorkerOptions {
  readonly document?: Document
  /** Default `d1`. */
  readonly store?: 'd1' | 'kv' | 'none'
  readonly limiter?: 'd1' | 'object' | 'rate-limit'
  /** Where wrangler has kept what is bound; default: an own place, without migrations. */
  readonly state?: string
  readonly bindings?: Readonly<Record<string, string>>
  /** What the entry file names. Default: `apiKey`, and no parts. */
  readonly verifiers?: string
  readonly parts?: string
  /** How many isolates there are: `one`, `two` and so on. Default 1. */
  readonly isolates?: number
}

/** A request to one of the isolates. */
export interface Sent {
  /** Default `one`. */
  readonly to?: Isolate
  readonly method?: string
  readonly token?: string
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

export interface Got {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body it says itself
  readonly json: any
}

const ISOLATES = ['one', 'two'] as const
export type Isolate = (typeof ISOLATES)[number]

/** The gate in real workerd, with a clock that the test moves. */
export interface KeysWorker {
  /** Epoch seconds. It begins now: workerd's own KV has no other clock. */
  at: number
  send(path: string, sent?: Sent): Promise<Got>
  /** Runs what a cron trigger would. */
  cron(isolate?: Isolate): Promise<void>
  events(isolate?: Isolate): Promise<LatchkeyEvent[]>
  readonly platform: Miniflare
  stop(): Promise<void>
}

/** What Miniflare's own types do not tell of a Worker. */
interface Dispatcher {
  fetch(url: string, init: RequestInit): Promise<Response>
  scheduled(options: { scheduledTime: Date; cron: string }): Promise<unknown>
}

const modules = bundle(new URL('keys-entry.ts', import.meta.url))

export async function keysWorker(options: KeysWorkerOptions = {}): Promise<KeysWorker> {
  const { document = KEYS_DOCUMENT, store = 'd1', limiter, state, isolates = 1 } = options
  const { verifiers: VERIFIERS = 'apiKey', parts: PARTS = '' } = options
  const bundled = await modules
  const bound = (kind: string) => [...(store === kind ? ['KEYS'] : []), ...(limiter === kind ? ['LIMITER'] : [])]
  const workers = ISOLATES.slice(0, isolates).map((name) => ({
    name,
    compatibilityDate: COMPATIBILITY_DATE,
    modules: bundled.map((each) => ({ type: 'ESModule' as const, path: each.name, contents: each.text })),
    bindings: { DOCUMENT: JSON.stringify(document), VERIFIERS, PARTS, PEPPER, FIRST, ...options.bindings },
    d1Databases: Object.fromEntries(bound('d1').map((binding) => [binding, 'latchkey'])),
    kvNamespaces: Object.fromEntries(bound('kv').map((binding) => [binding, 'latchkey'])),
    ...(limiter === 'object' && {
      durableObjects: { LIMITER: { className: 'LatchkeyCounters', useSQLite: true, scriptName: 'one' } },
    }),
    ...(limiter === 'rate-limit' && {
      ratelimits: { LIMITER: { namespace_id: '1', simple: { limit: 3, period: 60 as const } } },
    }),
    serviceBindings: { ORIGIN: mirror as never },
  }))
  const platform = new Miniflare(
    convertV4MiniflareOptions({ port: 0, workers, ...(state !== undefined && { resourcePersistencePath: state }) }),
  )
  await platform.ready
  const isolate = async (name: Isolate) => (await platform.getWorker(name)) as unknown as Dispatcher

  const worker: KeysWorker = {
    at: Math.ceil(Date.now() / 1000),
    platform,
    async send(path, { to = 'one', method, token, json, form, headers } = {}) {
      const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json)
      const { fetch } = await isolate(to)
      const answer = await fetch(`https://api.example${path}`, {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          'X-Test-At': String(worker.at),
          ...(token !== undefined && { Authorization: `Bearer ${token}` }),
          ...(json !== undefined && { 'Content-Type': 'application/json' }),
          ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
          ...headers,
        },
        ...(body !== undefined && { body }),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, json: text === '' ? undefined : JSON.parse(text) }
    },
    async cron(name = 'one') {
      const { scheduled } = await isolate(name)
      await scheduled({ scheduledTime: new Date(worker.at * 1000), cron: '0 * * * *' })
    },
    async events(name = 'one') {
      return (await worker.send('/events-so-far', { to: name })).json
    },
    stop: () => platform.dispose(),
  }
  return worker
}

/** The origin: answers with what arrived. */
function mirror({ url, headers }: Request): Response {
  return new Response(JSON.stringify({ url, headers: Object.fromEntries(headers) }))
}
