import { readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import { identityHeaders } from '../../src/identity.ts'
import { AUDIENCE, ORIGIN, SECRETS } from '../../test/identity/given.ts'
import type { Answer, Sent } from '../send.ts'
import { send } from '../send.ts'

/** Envoy cannot run here: what ext_authz sends over HTTP, and what it makes of the answer, is taken from its documents. */

const PROXY_SECRET = 'Zr8sQ1vT5yB9nM3kL7jH2gF6dS0aP4oI'
const APP_API_TOKEN = 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM'
const APP = ['Authorization', `Bearer ${APP_API_TOKEN}`] as const

interface Pattern {
  readonly exact?: string
  readonly prefix?: string
}

interface ExtAuthz {
  readonly failure_mode_allow: boolean
  readonly allowed_headers: { readonly patterns: readonly Pattern[] }
  readonly http_service: {
    readonly path_prefix: string
    readonly authorization_request: {
      readonly headers_to_add: readonly { readonly key: string; readonly value: string }[]
    }
    readonly authorization_response: { readonly allowed_upstream_headers: { readonly patterns: readonly Pattern[] } }
  }
}

interface HeaderMutations {
  readonly mutations: readonly {
    readonly remove?: string
    readonly remove_on_match?: { readonly key_matcher: { readonly safe_regex: { readonly regex: string } } }
  }[]
}

/** The typed configuration of a filter, wherever it stands in the file. */
function filterNamed(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if ((value as { name?: unknown }).name === name) return (value as { typed_config?: unknown }).typed_config
  return Object.values(value).reduce<unknown>((found, below) => found ?? filterNamed(name, below), undefined)
}

const file = parse(readFileSync(new URL('envoy.yaml', import.meta.url), 'utf8')) as unknown
const filter = filterNamed('envoy.filters.http.ext_authz', file) as ExtAuthz
const early = filterNamed('envoy.http.early_header_mutation.header_mutation', file) as HeaderMutations

let gate: Running
/** The same, which signs who called. */
let signing: Running

beforeAll(async () => {
  const document = JSON.parse(readFileSync(new URL('latchkey.json', import.meta.url), 'utf8')) as Document
  const secrets = env({ PROXY_SECRET, APP_API_TOKEN, IDENTITY_KEY: SECRETS.CURRENT })
  gate = await serve({ document, port: 0, secrets, sink: memorySink() })
  const identity = { audience: AUDIENCE, publicOrigin: ORIGIN, keys: { secret: 'IDENTITY_KEY' } }
  signing = await serve({ document: { ...document, identity }, port: 0, secrets, sink: memorySink() })
})

afterAll(() => Promise.all([gate.close(0), signing.close(0)]))

/**
 * What ext_authz sends about a client's request: its method, its path behind `path_prefix`, no body, and of its fields Host,
 * Authorization and what `allowed_headers` lists, with the address as Envoy itself knows it.
 */
function asked(
  target: string,
  { method = 'GET', headers = [] }: Sent = {},
  { secret = PROXY_SECRET, to = gate } = {},
): Promise<Answer> {
  const { path_prefix, authorization_request } = filter.http_service
  const listed = ['authorization', ...filter.allowed_headers.patterns.map(({ exact }) => exact)]
  const own = [
    ['X-Forwarded-For', '127.0.0.1'],
    ['X-Forwarded-Proto', 'http'],
  ] as const
  const told = headers.filter(([name]) => listed.includes(name.toLowerCase()) && !/^x-forwarded-/i.test(name))
  const added = authorization_request.headers_to_add.map(({ key }) => [key, secret] as const)
  const fields = [...told, ...own, ...added, ['Content-Length', '0'] as const]
  return send(`${to.url}${path_prefix}${target}`, { method, headers: fields })
}

describe('verify, asked as Envoy asks', () => {
  it('allows by 200 with all identity headers', async () => {
    const { status, headers } = await asked('/orders/7?x=1', { headers: [APP, ['X-Latchkey-Name', 'admin']] })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'x-latchkey-name': 'app', 'x-latchkey-owner': '', 'x-latchkey-identity': '' })
  })

  it('signs who called for the request that is described', async () => {
    const { headers } = await asked('/orders/7?x=1', { method: 'PUT', headers: [APP] }, { to: signing })
    const claims = decodeJwt(headers['x-latchkey-identity'] as string)
    expect(claims).toMatchObject({ sub: 'app', htm: 'PUT', htu: `${ORIGIN}/orders/7` })
  })

  it.each<[string, string, Sent, number, string]>([
    ['a missing token', '/orders/7', {}, 401, 'credential-missing'],
    ['a method', '/health', { method: 'POST' }, 403, 'route-unknown'],
    ['an ambiguous path', '/orders/../health', { headers: [APP] }, 400, 'request-ambiguous'],
    ['an encoded slash', '/orders%2F7', { headers: [APP] }, 400, 'request-ambiguous'],
    ['a path of its own endpoints', '/_latchkey/whoami', { headers: [APP] }, 403, 'route-unknown'],
    [
      'a call of gRPC, by no 2xx',
      '/orders/7',
      { method: 'PUT', headers: [['Content-Type', 'application/grpc']] },
      401,
      'credential-missing',
    ],
  ])('refuses %s', async (_, target, sent, status, reason) => {
    const answer = await asked(target, sent)
    expect([answer.status, answer.headers['x-latchkey-reason']]).toEqual([status, reason])
  })

  it('refuses whoever does not know the secret', async () => {
    const answer = await asked('/health', {}, { secret: 'the value of PROXY_SECRET' })
    expect([answer.status, answer.reason]).toEqual([403, 'proxy-untrusted'])
  })

  it('challenges, and Envoy passes its answer on', async () => {
    expect((await asked('/orders/7')).headers['www-authenticate']).toBe('Bearer realm="orders"')
  })
})

describe('envoy.yaml', () => {
  it('fails closed', () => {
    expect(filter.failure_mode_allow).toBe(false)
  })

  it("takes a client's forwarded fields away before it asks, but for the two that Envoy says itself", () => {
    const removed = early.mutations.flatMap(({ remove }) => (remove === undefined ? [] : [remove]))
    for (const each of ['host', 'method', 'port', 'prefix', 'scheme', 'server', 'ssl', 'uri', 'user']) {
      expect(removed).toContain(`x-forwarded-${each}`)
    }
    expect(removed.filter((name) => /^x-forwarded-(?:for|proto)$/.test(name))).toEqual([])
  })

  it('takes names away in which another character stands for -, and no others', () => {
    const patterns = early.mutations.flatMap(({ remove_on_match }) =>
      // Envoy matches the whole name.
      remove_on_match === undefined ? [] : [new RegExp(`^(?:${remove_on_match.key_matcher.safe_regex.regex})$`)],
    )
    const isRemoved = (name: string) => patterns.some((pattern) => pattern.test(name))
    for (const other of "!#$%&'*+.^_`|~") {
      for (const name of [`x${other}latchkey-subject`, `x-latchkey${other}subject`, `x-forwarded-for${other}`, other]) {
        expect([name, isRemoved(name)]).toEqual([name, true])
      }
    }
    for (const name of [':path', ':authority', ':method', ':scheme', 'host', 'x-latchkey-subject', 'authorization']) {
      expect([name, isRemoved(name)]).toEqual([name, false])
    }
  })

  it('copies every identity header', () => {
    const { patterns } = filter.http_service.authorization_response.allowed_upstream_headers
    const names = identityHeaders('anonymous', 'a').map(([name]) => name)
    for (const name of [...names, 'X-Latchkey-Identity']) {
      expect(patterns.some(({ prefix }) => prefix !== undefined && name.toLowerCase().startsWith(prefix))).toBe(true)
    }
  })
})
