import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, expect, test, vi } from 'vitest'
import { nodeDigests } from '../src/crypto/node.ts'
import type { Document } from '../src/document.ts'
import { equipmentOf } from '../src/equipment.ts'
import { apiKey } from '../src/http/api-key.ts'
import type { Gate } from '../src/http/gate.ts'
import { gate as gateOf } from '../src/http/gate.ts'
import { parseKey } from '../src/keys/format.ts'
import type { KeptSecret } from '../src/keys/record.ts'
import { memory as countedInMemory } from '../src/limiters/memory.ts'
import { load } from '../src/load.ts'
import type { LatchkeyEvent } from '../src/model/event.ts'
import type { Store } from '../src/model/ports.ts'
import { StoreError } from '../src/model/store-error.ts'
import { env } from '../src/secrets/env.ts'
import { consoleSink } from '../src/sinks/console.ts'
import { memory } from '../src/stores/memory.ts'
import { accessOf, bearer, NOW } from './given/access.ts'
import { noSecretIn } from './hosts/leaks.ts'

const SECRETS = {
  PEPPER: 'the pepper of this test, long enough to be one',
  SALT: 'c2FsdHlTYWx0U2FsdHlTYQ==',
  ENCRYPTION_KEY: 'encryption-key-0123456789',
  ADMINISTRATOR: 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU',
}
const DOCUMENT: Document = {
  store: { binding: 'KEYS' },
  keys: { encryption: { secret: 'ENCRYPTION_KEY' } },
  credentials: [
    {
      kind: 'static-token',
      name: 'administrator',
      tokens: { secret: 'ADMINISTRATOR' },
      type: 'full-access',
      surface: 'keys',
    },
    {
      kind: 'api-key',
      peppers: [{ version: 1, secret: 'PEPPER' }],
      imports: [
        { scheme: 'strapi', salt: { secret: 'SALT' } },
        { scheme: 'sha256', shape: '^unkey_[A-Za-z0-9]{22,}$' },
      ],
      selfRotation: true,
    },
  ],
  routes: [{ path: '/orders' }],
}

/** Texts that nobody may be told, by what they are. */
const hidden: Record<string, string> = {}
const lines: string[] = []
const events: LatchkeyEvent[] = []

afterEach(() => vi.restoreAllMocks())

/** What a token hides: itself, and the part of it that is a secret. Of another system's token it is all. */
function hide(what: string, token: string): string {
  hidden[what] = token
  hidden[`secret of ${what}`] = parseKey(token)?.secret ?? token
  return token
}

interface Told {
  /** 200 of the origin, which is none: `passed`. */
  readonly status: number | 'passed'
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a body is whatever the API answers
  readonly json: any
}

/** A gate over a store that a test can turn off. */
async function opened() {
  const kept = memory({ now: () => NOW })
  let isDown = false
  const through = <Given extends readonly unknown[], Result>(work: (...given: Given) => Result) => {
    return (...given: Given): Result => {
      if (isDown) throw new StoreError('memory', 'down', 'it is turned off')
      return work(...given)
    }
  }
  const store: Store = {
    get: through(kept.get),
    put: through(kept.put),
    delete: through(kept.delete),
    list: through(kept.list),
  }
  const toConsole = consoleSink()
  const sink = {
    write(event: LatchkeyEvent) {
      events.push(event)
      toConsole.write(event)
    },
  }
  const host = { now: () => NOW, elapsed: () => 0, digests: nodeDigests(), secrets: env(SECRETS), sink }
  const opened = { store, limiter: countedInMemory() }
  const latchkey = await load({ document: DOCUMENT }, host, { transport: 'any' }, equipmentOf([apiKey], [], opened))
  const gate = gateOf(latchkey, apiKey.management)
  return { gate, kept, store, turn: (isOff: boolean) => void (isDown = isOff) }
}

type Body = { readonly json?: unknown; readonly form?: Readonly<Record<string, string>>; readonly text?: string }

/** Asks, and gives everything that the caller is told: status, fields and body. */
async function ask(gate: Gate, by: string, method: string, path: string, body: Body = {}): Promise<Told> {
  const type = body.form ? 'application/x-www-form-urlencoded' : 'application/json'
  const sent = body.form ? String(new URLSearchParams(body.form)) : (body.text ?? JSON.stringify(body.json) ?? '')
  const headers = [bearer(by), ['Content-Type', type], ['Content-Length', String(sent.length)]] as const
  const outcome = await gate.enter(accessOf({ method, target: path, headers }), () => undefined)
  const { asked, reply, passed } = outcome
  const answer = asked ? await asked(new TextEncoder().encode(sent)) : reply
  const told = JSON.stringify(answer ?? passed?.allowed)
  const text = told + inspect(answer ?? passed, { depth: 8 })
  return { status: answer?.status ?? 'passed', text, json: parsed(answer?.body ?? '') }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const KEYS = '/_latchkey/keys'

test('the keys API tells a token in the body of the reply that made or reveals it, and nothing else that is secret', async () => {
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...values) => void lines.push(values.map(String).join(' ')))
  }
  const { gate, kept, store, turn } = await opened()
  const by = SECRETS.ADMINISTRATOR
  const texts: string[] = []

  /** Asks for what tells no token. */
  async function told(
    status: Told['status'],
    method: string,
    path: string,
    body?: Body,
    who: string = by,
  ): Promise<Told> {
    const answer = await ask(gate, who, method, path, body)
    texts.push(answer.text)
    expect([method, path, answer.status]).toEqual([method, path, status])
    return answer
  }

  /** Asks for what tells one token, once, in the body. */
  async function tells(what: string, method: string, path: string, body?: Body, who: string = by) {
    const { text, json } = await ask(gate, who, method, path, body)
    const token: string = json.token
    hide(what, token)
    texts.push(text.replaceAll(token, ''))
    // As JSON, and as Node prints it.
    expect(text.split(token).length - 1).toBe(2)
    return { id: json.id as string, token }
  }

  const one = await tells('a new token', 'POST', KEYS, { json: { name: 'one', type: 'full-access', viewable: true } })
  const path = `${KEYS}/${one.id}`
  await told(200, 'GET', KEYS)
  await told(200, 'GET', path)
  expect((await tells('a revealed token', 'POST', `${path}/reveal`)).token).toBe(one.token)
  await told('passed', 'GET', '/orders', {}, one.token)
  await told(200, 'GET', '/_latchkey/whoami', {}, one.token)
  await told(403, 'GET', KEYS, {}, one.token)
  await told(200, 'POST', '/_latchkey/introspect', { form: { token: one.token } })
  await told(200, 'PATCH', path, { json: { description: 'changed' } })
  const two = await tells('a rotated token', 'POST', `${path}/rotate`, { json: { overlapSeconds: 60 } })
  await told('passed', 'GET', '/orders', {}, one.token)
  await told(200, 'GET', path)
  await told(409, 'POST', '/_latchkey/whoami/rotate', { json: { overlapSeconds: 0 } }, two.token)
  await told(403, 'POST', '/_latchkey/whoami/rotate', { json: { overlapSeconds: 0 } }, one.token)
  const other = await tells('another token', 'POST', KEYS, { json: { name: 'other', type: 'read-only' } })
  await tells(
    'a token of its own holder',
    'POST',
    '/_latchkey/whoami/rotate',
    { json: { overlapSeconds: 60 } },
    other.token,
  )
  await told(200, 'POST', `${path}/suspend`)
  await told(401, 'GET', '/orders', {}, two.token)
  await told(200, 'POST', `${path}/resume`)
  await told(200, 'POST', `${path}/revoke`, { json: { reason: 'leaked' } })
  await told(401, 'GET', '/orders', {}, two.token)
  await told(200, 'POST', '/_latchkey/revoke', { form: { token: other.token } })
  await told(200, 'GET', `${path}/events`)
  await told(200, 'GET', '/_latchkey/usage')

  const imports = {
    strapi: hide('a token of Strapi', '0a1b2c3d'.repeat(32)),
    sha256: hide('a token of Unkey', 'unkey_3ZfGJ9cQvP5sKx7YtRmWnB2D'),
  }
  const hashes = {
    strapi: createHmac('sha512', SECRETS.SALT).update(imports.strapi).digest('hex'),
    sha256: createHash('sha256').update(imports.sha256).digest('hex'),
  }
  for (const [scheme, hash] of Object.entries(hashes)) hidden[`imported hash of ${scheme}`] = hash
  const list = Object.entries(hashes).map(([scheme, hash]) => ({ name: scheme, type: 'full-access', scheme, hash }))
  await told(200, 'POST', `${KEYS}/import`, { json: list })
  await told(200, 'POST', `${KEYS}/import`, { json: list })
  for (const token of Object.values(imports)) await told('passed', 'GET', '/orders', {}, token)
  await told(200, 'GET', KEYS)

  // What is wrong with a request is told without what stood there.
  await told(400, 'POST', KEYS, { text: `{"name":"x","token":"${one.token}",` })
  await told(422, 'POST', KEYS, { json: { name: 'x', token: one.token } })
  await told(409, 'POST', KEYS, { json: { name: 'one' } })
  await told(422, 'POST', KEYS, { json: { name: 'x', type: one.token, expiresAt: one.token, addresses: [one.token] } })
  await told(200, 'POST', `${KEYS}/import`, { json: [{ ...list[0], hash: `${hashes.strapi}x` }] })
  await told(422, 'POST', `${KEYS}/import`, { json: [{ ...list[0], token: imports.strapi }] })
  await told(400, 'GET', `${KEYS}?cursor=${one.token}`)
  await told(409, 'POST', `${path}/reveal`)
  await told(200, 'POST', '/_latchkey/introspect', { form: { token: one.token.slice(0, -1) } })
  await told(401, 'GET', '/orders', {}, one.token.slice(0, -1))

  turn(true)
  await told(503, 'POST', KEYS, { json: { name: 'while it is down', viewable: true } })
  await told(503, 'POST', `${KEYS}/import`, { json: list })
  await told(503, 'POST', '/_latchkey/introspect', { form: { token: two.token } })
  await told(503, 'GET', '/orders', {}, `unkey_${'0'.repeat(22)}`)
  turn(false)

  const { items } = await kept.list({ prefix: 'key:', limit: 100 })
  for (const { id, value } of items) {
    const record = JSON.parse(value) as {
      secret: KeptSecret
      previous?: KeptSecret
      copy?: string
      imported?: KeptSecret
    }
    for (const [place, secret] of [record.secret, record.previous, record.imported].entries()) {
      if (secret) hidden[`digest ${place} of ${id}`] = secret.digest
    }
    if (record.copy !== undefined) hidden[`copy of ${id}`] = record.copy
  }

  const everything = [
    ...texts,
    ...lines,
    JSON.stringify(events),
    inspect(events, { depth: 12 }),
    inspect(gate, { depth: 12 }),
  ]
  expect(texts.length).toBeGreaterThan(40)
  expect(lines.length).toBeGreaterThan(40)
  expect(new Set(events.map(({ type }) => type))).toContain('key-revealed')
  for (const text of everything) noSecretIn(text, { name: 'the keys API', secrets: SECRETS, hidden })

  // What is kept can be read by whoever has the store: nothing of it is a token, or leads to one.
  const plain = Object.fromEntries(Object.entries(hidden).filter(([what]) => !/^(?:digest|copy)/.test(what)))
  const entries = await allOf(store)
  expect(entries.length).toBeGreaterThan(10)
  noSecretIn(JSON.stringify(entries), { name: 'the store', secrets: SECRETS, hidden: plain })
})

async function allOf(store: Store): Promise<unknown[]> {
  const families = ['key:', 'name:', 'import:', 'usage:', 'used:', 'log:', 'mark:', 'meta:']
  const pages = await Promise.all(families.map((prefix) => store.list({ prefix, limit: 100 })))
  return pages.flatMap(({ items }) => items)
}
