import { nodeDigests } from '../../../src/crypto/node.ts'
import { keysApp } from '../../../src/http/keys/app.ts'
import type { Issuing } from '../../../src/http/keys/issuing.ts'
import { findOperation, matchOperation } from '../../../src/http/keys/operations.ts'
import type { KeysAppParts, KeysRequest } from '../../../src/http/keys/parts.ts'
import { prover } from '../../../src/http/keys/prove.ts'
import { keyLog } from '../../../src/keys/log.ts'
import type { Registry, RegistryParts } from '../../../src/keys/registry.ts'
import { registry } from '../../../src/keys/registry.ts'
import { splitTarget } from '../../../src/lib/path.ts'
import type { Access } from '../../../src/model/access.ts'
import type { Place } from '../../../src/model/credential.ts'
import type { Match, Refusal } from '../../../src/model/decision.ts'
import { isRefusal } from '../../../src/model/decision.ts'
import type { LatchkeyEvent } from '../../../src/model/event.ts'
import type { Attempt, Store } from '../../../src/model/ports.ts'
import type { Principal } from '../../../src/model/principal.ts'
import { permissions } from '../../../src/policies/permissions.ts'
import { surface } from '../../../src/policies/surface.ts'
import type { Reply } from '../../../src/respond.ts'
import { memory } from '../../../src/stores/memory.ts'
import { sqlite } from '../../../src/stores/sqlite.ts'
import { apiKey } from '../../../src/verifiers/api-key.ts'
import { importedKey } from '../../../src/verifiers/imported-key.ts'
import { knownKeys } from '../../../src/verifiers/known-key.ts'
import { expectDescribed, fieldOf } from './described.ts'

export const NOW = 1_780_000_000
export const DAY = 86_400
export const BASE = '/_latchkey'
const PEPPER = { version: '1', secret: 'the pepper of this test, long enough to be one' }
export const HEADER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }

/** The stores that the API is tried over. */
export const STORES: readonly (readonly [name: string, open: () => Store])[] = [
  ['memory', () => memory({ now: () => NOW })],
  ['sqlite', () => sqlite(':memory:', { now: () => NOW })],
]

/** How a request is asked, beside its method and path. */
export interface Asked {
  readonly by?: Principal | 'anonymous'
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>> | string
  /** As it is sent, instead of one of the two above. */
  readonly body?: Uint8Array | string
  readonly headers?: Readonly<Record<string, string>>
  readonly place?: Place
  readonly at?: number
}

/** A reply, with its body read. */
export interface Answer {
  readonly status: number
  readonly reply: Reply
  readonly json: Json
  field(name: string): string | undefined
}

// biome-ignore lint/suspicious/noExplicitAny: what a test expects of a body it says itself
type Json = any

/** The keys API over a store, judged as a gate judges, with all that it told. */
export interface Given {
  readonly store: Store
  readonly registry: Registry
  readonly events: LatchkeyEvent[]
  /** Asks, and holds the reply to the OpenAPI document. */
  ask(method: string, target: string, asked?: Asked): Promise<Answer>
  /** What the gate would refuse. */
  refusal(method: string, target: string, by: Principal): Refusal | undefined
  /** Makes a key as the operator. */
  create(
    name: string,
    more?: object,
  ): Promise<{ readonly id: string; readonly token: string; readonly version: string }>
  /** The principal of a token, as a verifier proves it. */
  principal(token: string, at?: number): Promise<Principal>
}

export interface GivenParts extends Partial<Pick<RegistryParts, 'lifetimes' | 'routePermissions' | 'encryptionKey'>> {
  readonly selfRotation?: boolean
  readonly issuing?: Issuing
  /** What stands before the store for the API alone. */
  readonly through?: (store: Store) => Store
  readonly registered?: (registry: Registry) => Registry
}

export function given(store: Store = memory({ now: () => NOW }), parts: GivenParts = {}): Given {
  const { selfRotation = true, issuing, through = (each) => each, registered = (each) => each, ...rest } = parts
  const digests = nodeDigests()
  const events: LatchkeyEvent[] = []
  const sink = { write: (event: LatchkeyEvent) => void events.push(event) }
  const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
  const reached = through(store)
  const log = keyLog({ store: reached, random })
  const common = { digests, random, peppers: [PEPPER] as const, prefix: 'lk', sink, log, ...rest }
  const keys = registered(registry({ store: reached, ...common }))
  const operator = registry({ store, ...common })
  const find = knownKeys(reached, { name: 'api-key', ceiling: undefined }, digests)
  const shape = { scheme: 'sha256', shape: /^old_[a-z0-9]{32}$/, hash: sha256 } as const
  const verifiers = [
    apiKey({ prefixes: new Set(['lk']), peppers: [PEPPER], unset: new Set(), find, digests }),
    importedKey({ shapes: [shape], peppers: [PEPPER], aliases: reached, find, digests }),
  ]

  const placed = verifiers.map((verifier) => ({ verifier, place: HEADER }))

  async function verified(token: string, at: number): Promise<Principal | Refusal | undefined> {
    const fingerprint = await digests.fingerprint(token)
    for (const verifier of verifiers) {
      const outcome = await verifier.verify({ place: HEADER, token, fingerprint }, { at } as Access, () => undefined)
      if (outcome) return outcome
    }
    return undefined
  }

  const appParts: KeysAppParts = {
    base: BASE,
    registry: keys,
    store: reached,
    log,
    prove: prover({ verifiers: placed, digests, registry: keys, peppers: [PEPPER] }),
    selfRotation: (name) => selfRotation && name === 'api-key',
    issuing,
    sink,
  }
  const app = keysApp(appParts)

  return {
    store,
    registry: operator,
    events,
    refusal: refusalOf,
    async ask(method, target, asked = {}) {
      const { by = ADMINISTRATOR, at = NOW, place = HEADER, headers = {} } = asked
      const { path = '', query } = splitTarget(target) ?? {}
      const row = findOperation(path, method)
      if (!row) throw new Error(`${method} ${path} is no operation`)
      const fields = new Map(
        Object.entries({ ...contentType(asked), ...headers }).map(([n, v]) => [n.toLowerCase(), v]),
      )
      const request: KeysRequest = {
        operation: row.operation,
        method,
        path,
        query,
        header: (name) => fields.get(name),
        body: bodyOf(asked),
        principal: by,
        place: by === 'anonymous' ? undefined : place,
        at,
        requestId: 'request-1',
      }
      const reply = await app(request)
      expectDescribed(method, path, reply)
      const isJson = fieldOf(reply, 'Content-Type')?.includes('json') === true && reply.body !== ''
      return {
        status: reply.status,
        reply,
        json: isJson ? JSON.parse(reply.body) : undefined,
        field: (name) => fieldOf(reply, name),
      }
    },
    async create(name, more = {}) {
      const result = await operator.create({ name, ...more }, 'operator', NOW)
      if ('problem' in result) throw new Error(JSON.stringify(result))
      return { id: result.record.id, token: result.token, version: result.version }
    },
    async principal(token, at = NOW) {
      const outcome = await verified(token, at)
      if (!outcome || isRefusal(outcome)) throw new Error(`not proved: ${outcome?.reason}`)
      return outcome
    },
  }
}

/** May do everything on the surface `keys`. */
export const ADMINISTRATOR: Principal = {
  kind: 'static-token',
  credential: 'administrator',
  subject: 'administrator',
  surface: 'keys',
  grant: { type: 'full-access', permissions: [] },
  slot: 0,
}

/** A custom principal of the surface `keys`. */
export function custom(permissions: readonly string[], more: Partial<Principal> = {}): Principal {
  return { ...ADMINISTRATOR, subject: 'custom', grant: { type: 'custom', permissions }, ...more }
}

const policies = [surface(), permissions()]

function refusalOf(method: string, target: string, by: Principal): Refusal | undefined {
  const match = matchOperation(BASE, { path: BASE + target, query: undefined }, method, false, true) as Match
  const attempt = { principal: by, match } as Attempt
  for (const policy of policies) {
    const refusal = policy(attempt)
    if (refusal instanceof Promise) throw new TypeError('a policy that is not waited for here')
    if (refusal) return refusal
  }
  return undefined
}

function contentType({ json, form, body }: Asked): Readonly<Record<string, string>> {
  if (form !== undefined) return { 'content-type': 'application/x-www-form-urlencoded' }
  return json !== undefined || body !== undefined ? { 'content-type': 'application/json' } : {}
}

function bodyOf({ json, form, body }: Asked): Uint8Array {
  if (body instanceof Uint8Array) return body
  if (body !== undefined) return new TextEncoder().encode(body)
  if (form !== undefined) return new TextEncoder().encode(String(new URLSearchParams(form)))
  return new TextEncoder().encode(json === undefined ? '' : JSON.stringify(json))
}

export async function sha256(token: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
