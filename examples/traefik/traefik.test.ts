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

/** Traefik cannot run here: what it sends to verify, and what it makes of the answer, is taken from its documents. */

const APP_API_TOKEN = 'kT3vYw9ZrB0xQmE5uN7aJcL2dHgSfP8iO4V_6tXy1sM'
const APP = ['Authorization', `Bearer ${APP_API_TOKEN}`] as const

interface Dynamic {
  readonly http: {
    readonly middlewares: {
      readonly latchkey: {
        readonly forwardAuth: { address: string; trustForwardHeader: boolean; authResponseHeadersRegex: string }
      }
      readonly strip: { readonly headers: { readonly customRequestHeaders: Readonly<Record<string, string>> } }
    }
    readonly routers: { readonly api: { readonly middlewares: readonly string[] } }
  }
}

const { middlewares, routers } = (parse(readFileSync(new URL('dynamic.yaml', import.meta.url), 'utf8')) as Dynamic).http
const { forwardAuth } = middlewares.latchkey

let gate: Running
/** The same, which signs who called. */
let signing: Running

beforeAll(async () => {
  const document = JSON.parse(readFileSync(new URL('latchkey.json', import.meta.url), 'utf8')) as Document
  const secrets = env({ APP_API_TOKEN, IDENTITY_KEY: SECRETS.CURRENT })
  gate = await serve({ document, port: 0, secrets, sink: memorySink() })
  const identity = { audience: AUDIENCE, publicOrigin: ORIGIN, keys: { secret: 'IDENTITY_KEY' } }
  signing = await serve({ document: { ...document, identity }, port: 0, secrets, sink: memorySink() })
})

afterAll(() => Promise.all([gate.close(0), signing.close(0)]))

/**
 * What ForwardAuth sends about a client's request without `trustForwardHeader`: GET, the client's fields, and five of its
 * own in place of the client's (https://doc.traefik.io/traefik/middlewares/http/forwardauth/#forward-request-headers).
 */
function asked(target: string, { method = 'GET', headers = [] }: Sent = {}, { url } = gate): Promise<Answer> {
  const own = { Method: method, Proto: 'http', Host: 'api.example', Uri: target, For: '127.0.0.1' }
  const fields = Object.entries(own).map(([name, value]) => [`X-Forwarded-${name}`, value] as const)
  const others = headers.filter(([name]) => !fields.some(([each]) => each.toLowerCase() === name.toLowerCase()))
  const { pathname } = new URL(forwardAuth.address)
  return send(`${url}${pathname}`, { headers: [...others, ...fields] })
}

describe('verify, asked as Traefik asks', () => {
  it('allows by 200 with all identity headers', async () => {
    const { status, headers } = await asked('/orders/7?x=1', { headers: [APP, ['X-Latchkey-Name', 'admin']] })
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'x-latchkey-name': 'app', 'x-latchkey-owner': '' })
    for (const [name] of identityHeaders('anonymous', 'a')) expect(headers[name.toLowerCase()]).toBeDefined()
    expect(headers['x-latchkey-identity']).toBe('')
  })

  it('signs who called for the request that is described', async () => {
    const forged = ['X-Latchkey-Identity', 'forged'] as const
    const { headers } = await asked('/orders/7?x=1', { method: 'PUT', headers: [APP, forged] }, signing)
    const claims = decodeJwt(headers['x-latchkey-identity'] as string)
    expect(claims).toMatchObject({ sub: 'app', htm: 'PUT', htu: `${ORIGIN}/orders/7` })
  })

  it.each<[string, string, Sent, number, string]>([
    ['a missing token', '/orders/7', {}, 401, 'credential-missing'],
    ['a method of the client, not its own', '/health', { method: 'POST' }, 403, 'route-unknown'],
    [
      'a path that a client claims',
      '/orders/7',
      { headers: [['X-Forwarded-Uri', '/health']] },
      401,
      'credential-missing',
    ],
    ['an ambiguous path', '/orders/../health', { headers: [APP] }, 400, 'request-ambiguous'],
    ['an opaque target', 'http:/health', { headers: [APP] }, 400, 'request-ambiguous'],
  ])('refuses %s', async (_, target, sent, status, reason) => {
    const answer = await asked(target, sent)
    expect([answer.status, answer.reason]).toEqual([status, reason])
  })

  it('challenges, and Traefik passes its answer on as it is', async () => {
    expect((await asked('/orders/7')).headers['www-authenticate']).toBe('Bearer realm="orders"')
  })
})

/** What may stand in a field's name besides letters, digits and `-` (RFC 9110 5.6.2). */
const OTHERS = Array.from("!#$%&'*+.^_`|~")

describe('dynamic.yaml', () => {
  const pattern = new RegExp(forwardAuth.authResponseHeadersRegex.replace('(?i)', ''), 'i')

  it('asks first, and then strips', () => {
    expect(routers.api.middlewares).toEqual(['latchkey', 'strip'])
    expect(forwardAuth.trustForwardHeader).toBe(false)
    expect(new Set(Object.values(middlewares.strip.headers.customRequestHeaders))).toEqual(new Set(['']))
  })

  it('takes every spelling of the identity from the answer alone', () => {
    const names = [...identityHeaders('anonymous', 'a').map(([name]) => name), 'X-Latchkey-Identity']
    for (const name of names) {
      expect(name).toMatch(pattern)
      for (const other of OTHERS) expect(name.replaceAll('-', () => other)).toMatch(pattern)
    }
  })

  it('takes what it strips away in other spellings too, and nothing else', () => {
    for (const name of Object.keys(middlewares.strip.headers.customRequestHeaders)) {
      expect(name).not.toMatch(pattern)
      if (name.includes('-')) for (const other of OTHERS) expect(name.replace('-', () => other)).toMatch(pattern)
    }
    for (const name of ['Content-Type', 'ETag', 'X-Forwarded-For', 'X-A1']) expect(name).not.toMatch(pattern)
  })

  it('strips the forwarded fields that Traefik does not know', () => {
    const stripped = Object.keys(middlewares.strip.headers.customRequestHeaders)
    expect(stripped).toEqual(
      expect.arrayContaining(['Prefix', 'Scheme', 'Ssl', 'User'].map((each) => `X-Forwarded-${each}`)),
    )
  })
})
