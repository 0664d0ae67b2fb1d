import { describe, expect, it } from 'vitest'
import type { Field } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { AUTHORIZATION, gateAt, originThat } from './parts.ts'
import { exchange, requestText, responseOf, valuesOf, wireTo } from './wire.ts'

const TOKEN_LINE = AUTHORIZATION.join(': ')

/** Sends bytes, and makes sure that the origin heard nothing and that the gate goes on. */
async function refused(text: string): Promise<ReturnType<typeof responseOf>> {
  const origin = await originThat()
  const { url } = await gateAt(origin.url)
  const response = await exchange(url, text)
  expect(origin.seen).toEqual([])
  expect((await exchange(url, requestText('GET /health'))).status).toBe(200)
  expect(JSON.stringify(response)).not.toContain(TOKENS.FULL)
  return response
}

describe('what is no request', () => {
  it.each<[string, string]>([
    ['garbage', 'hello\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a method that no server knows', requestText('BREW /health')],
    ['a method in lower case', requestText('get /health')],
    ['a method of another token', requestText('GE(T /health')],
    ['a raw byte outside ASCII in the path', requestText('GET /caf\xe9', [AUTHORIZATION])],
    ['a raw byte outside ASCII in the query', requestText('GET /a?caf\xe9', [AUTHORIZATION])],
    ['NUL in the path', requestText('GET /a\0b', [AUTHORIZATION])],
    ['NUL in a field', requestText('GET /a', [AUTHORIZATION, ['X-A', 'a\0b']])],
    ['NUL in the token', requestText('GET /a', [['Authorization', `Bearer ${TOKENS.FULL}\0`]])],
    ['a space in the path', requestText('GET /a b', [AUTHORIZATION])],
    ['a folded field', `GET /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nX-A: a\r\n b\r\nConnection: close\r\n\r\n`],
    ['a space before a colon', `GET /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nX-A : a\r\nConnection: close\r\n\r\n`],
    ['a bare CR in a field', `GET /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nX-A: a\rb\r\nConnection: close\r\n\r\n`],
    ['no host', `GET /a HTTP/1.1\r\n${TOKEN_LINE}\r\nConnection: close\r\n\r\n`],
    [
      'two lengths',
      `POST /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nContent-Length: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\nab`,
    ],
    [
      'a length and chunks',
      `POST /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a length that is none',
      `POST /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nContent-Length: +1\r\nConnection: close\r\n\r\na`,
    ],
    [
      'chunks that are not the last encoding',
      `POST /a HTTP/1.1\r\nHost: a\r\n${TOKEN_LINE}\r\nTransfer-Encoding: chunked, gzip\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    ],
  ])('is a 400 and reaches nobody: %s', async (_, text) => {
    expect((await refused(text)).status).toBe(400)
  })

  it.each([
    ['one field of 64 KB', [['X-A', 'x'.repeat(65_536)]]],
    ['a token of 64 KB', [['Authorization', `Bearer ${'x'.repeat(65_536)}`]]],
    ['64 KB of fields', Array.from({ length: 1000 }, (_, n): Field => [`X-${n}`, 'x'.repeat(64)])],
  ] as const)('is a 431: %s', async (_, fields) => {
    expect((await refused(requestText('GET /a', fields))).status).toBe(431)
  })

  it('is a 431: a target of 64 KB', async () => {
    expect((await refused(requestText(`GET /${'a'.repeat(65_536)}`, [AUTHORIZATION]))).status).toBe(431)
  })
})

describe('what can be read in more than one way', () => {
  it.each<[string, string]>([
    ['an absolute target', requestText('GET http://api.example/a', [AUTHORIZATION])],
    ['an absolute target of another host', requestText('GET http://evil.example/a', [AUTHORIZATION])],
    ['an absolute target with a user', requestText(`GET http://x:${TOKENS.FULL}@api.example/a`, [AUTHORIZATION])],
    ['an absolute target to an endpoint', requestText('GET http://api.example/_latchkey/live')],
    ['no target but a star', requestText('OPTIONS *', [AUTHORIZATION])],
    ['two hosts', requestText('GET /a', [AUTHORIZATION, ['Host', 'b.example']])],
    ['two hosts that are the same', requestText('GET /a', [AUTHORIZATION, ['Host', 'api.example']])],
    ['an empty host', requestText('GET /a', [AUTHORIZATION]).replace('api.example', '')],
    ['a host with a user', requestText('GET /a', [AUTHORIZATION]).replace('api.example', 'a@api.example')],
    ['a host with a path', requestText('GET /a', [AUTHORIZATION]).replace('api.example', 'api.example/a')],
    ['HTTP/1.0 without a host', `GET /a HTTP/1.0\r\n${TOKEN_LINE}\r\n\r\n`],
    ['dot segments', requestText('GET /a/../b', [AUTHORIZATION])],
    ['encoded dot segments', requestText('GET /a/%2e%2E/b', [AUTHORIZATION])],
    ['a backslash', requestText('GET /a\\b', [AUTHORIZATION])],
    ['an encoded slash', requestText('GET /a%2fb', [AUTHORIZATION])],
    ['two slashes', requestText('GET //a', [AUTHORIZATION])],
    ['a semicolon', requestText('GET /a;b', [AUTHORIZATION])],
    ['an encoded NUL', requestText('GET /a%00b', [AUTHORIZATION])],
    ['a broken escape', requestText('GET /a%zz', [AUTHORIZATION])],
    ['a double escape', requestText('GET /a%2541', [AUTHORIZATION])],
    ['bytes that are not UTF-8', requestText('GET /a%ff', [AUTHORIZATION])],
    ['a fragment', requestText('GET /a#b', [AUTHORIZATION])],
    ['a brace', requestText('GET /a{b}', [AUTHORIZATION])],
  ])('is a 400 that says so: %s', async (_, text) => {
    const response = await refused(text)
    expect(response.status).toBe(400)
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'request-ambiguous' })
    expect(valuesOf(response, 'x-latchkey-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
  })
})

describe('credentials that are more than one', () => {
  it.each<[string, readonly Field[]]>([
    ['twice', [AUTHORIZATION, AUTHORIZATION]],
    ['twice in another case', [AUTHORIZATION, ['authorization', `bearer ${TOKENS.FULL}`]]],
    ['joined by a comma', [['Authorization', `Bearer ${TOKENS.FULL}, Bearer ${TOKENS.FULL}`]]],
    ['behind another scheme', [['Authorization', `Basic eA==, Bearer ${TOKENS.FULL}`]]],
    ['with a byte outside ASCII', [['Authorization', `Bearer ${TOKENS.FULL}\xe9`]]],
    ['with a no-break space behind it', [['Authorization', `Bearer ${TOKENS.FULL}\xa0`]]],
    ['with a space inside', [['Authorization', `Bearer ${TOKENS.FULL} x`]]],
  ])('are a 401: %s', async (_, fields) => {
    const response = await refused(requestText('GET /a', fields))
    expect(response.status).toBe(401)
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'credential-malformed' })
  })
})

describe('a refusal', () => {
  it("of a request with a large body is told before the body is there, and the body is nobody's", async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('POST /a', [['Content-Length', '1000000000']]))
    expect(responseOf(await wire.until(/\}$/)).status).toBe(401)
    wire.write('x'.repeat(100_000))
    expect(origin.connections()).toBe(0)
  })

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'PROPFIND'])(
    'of %s is a 401 with a challenge',
    async (method) => {
      const response = await refused(requestText(`${method} /a`))
      expect(response.status).toBe(401)
      expect(valuesOf(response, 'www-authenticate')).toEqual(['Bearer realm="api"'])
      expect(valuesOf(response, 'cache-control')).toEqual(['no-store'])
      if (method === 'HEAD') expect(response.body).toBe('')
      else expect(Number(valuesOf(response, 'content-length')[0])).toBe(response.body.length)
    },
  )
})

describe('a faulty document', () => {
  it.each([
    ['GET /health', 503],
    ['GET /a', 503],
    ['GET /_latchkey/health', 503],
    ['HEAD /_latchkey/health', 503],
    ['GET /_latchkey/live', 200],
  ])('is served as it is: %s is %i', async (line, status) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url, { ...DOCUMENT, routes: [] })
    expect((await exchange(url, requestText(line, [AUTHORIZATION]))).status).toBe(status)
    expect(origin.connections()).toBe(0)
  })
})
