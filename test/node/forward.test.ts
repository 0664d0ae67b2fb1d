import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import type { Field } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { AUTHORIZATION, gateAt, originThat, seenValues } from './parts.ts'
import { exchange, requestText, responseOf, valuesOf, wireTo } from './wire.ts'

const EVERY_BYTE = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')

describe('a request', () => {
  it('goes on with its method, path, query and body as they were sent', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const target = "/caf%C3%A9/%7Ebob/a+b?x=%zz&y=/../&z='[]|^"
    const { status } = await exchange(url, requestText(`POST ${target}`, [AUTHORIZATION], EVERY_BYTE))
    expect(status).toBe(200)
    expect(origin.seen).toMatchObject([{ method: 'POST', url: target, body: EVERY_BYTE }])
  })

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PURGE', 'PROPFIND', 'REPORT', 'QUERY', 'M-SEARCH'])(
    'goes on with the method %s',
    async (method) => {
      const origin = await originThat()
      const { url } = await gateAt(origin.url)
      const { status } = await exchange(url, requestText(`${method} /a`, [AUTHORIZATION]))
      expect([status, origin.seen.map((seen) => seen.method)]).toEqual([200, [method]])
    },
  )

  it('goes on with bytes outside ASCII in its fields', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    await exchange(url, requestText('GET /a', [AUTHORIZATION, ['X-A', 'caf\xe9']]))
    expect(seenValues(origin.seen[0], 'x-a')).toEqual(['caf\xe9'])
  })

  it('goes on with repeated fields repeated, and its own spelling of names', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    await exchange(url, requestText('GET /a', [AUTHORIZATION, ['X-Many', '1'], ['x-MANY', '2'], ['Accept', '*/*']]))
    expect(origin.seen[0]?.headers.filter(([name]) => /^(?:x-many|accept)$/i.test(name))).toEqual([
      ['X-Many', '1'],
      ['x-MANY', '2'],
      ['Accept', '*/*'],
    ])
  })

  it('has the host of the origin, and says whom it came from and who called', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const spoofed: Field[] = [
      ['X-Forwarded-For', '192.0.2.66'],
      ['X_Forwarded_For', '192.0.2.66'],
      ['X-Latchkey-Name', 'root'],
      ['x_latchkey_name', 'root'],
      ['X-Real-IP', '192.0.2.66'],
    ]
    await exchange(url, requestText('GET /a', [AUTHORIZATION, ...spoofed]))
    const [seen] = origin.seen
    expect(seenValues(seen, 'host')).toEqual([new URL(origin.url).host])
    expect(seenValues(seen, 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(seenValues(seen, 'x-forwarded-host')).toEqual(['api.example'])
    expect(seenValues(seen, 'x-forwarded-proto')).toEqual(['http'])
    expect(seenValues(seen, 'x-latchkey-name')).toEqual(['full'])
    expect(seenValues(seen, 'authorization')).toEqual([])
    expect(JSON.stringify(seen?.headers)).not.toMatch(/root|192\.0\.2\.66/)
    expect(JSON.stringify(seen?.headers)).not.toContain(TOKENS.FULL)
  })

  it('goes on without what spoke of its own connection', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const text = `GET /a HTTP/1.1\r\nHost: api.example\r\n${AUTHORIZATION.join(': ')}\r\nConnection: close, X-Hop, TE\r\nX-Hop: 1\r\nTE: trailers\r\nKeep-Alive: timeout=9\r\nProxy-Authorization: Basic eA==\r\nX-Stays: 2\r\n\r\n`
    await exchange(url, text)
    const names = origin.seen[0]?.headers.map(([name]) => name.toLowerCase())
    expect(names).toContain('x-stays')
    for (const name of ['x-hop', 'te', 'proxy-authorization']) expect(names).not.toContain(name)
    expect(seenValues(origin.seen[0], 'keep-alive')).toEqual([])
  })

  it("takes none of the gate's own fields away by Connection", async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const listed = 'close, x-latchkey-name, x-forwarded-for, host, content-length, transfer-encoding'
    const text = `POST /a HTTP/1.1\r\nHost: api.example\r\n${AUTHORIZATION.join(': ')}\r\nConnection: ${listed}\r\nContent-Length: 5\r\n\r\nhello`
    expect((await exchange(url, text)).status).toBe(200)
    expect(origin.seen).toMatchObject([{ body: 'hello' }])
    expect(seenValues(origin.seen[0], 'x-latchkey-name')).toEqual(['full'])
    expect(seenValues(origin.seen[0], 'x-forwarded-for')).toEqual(['127.0.0.1'])
    expect(seenValues(origin.seen[0], 'host')).toEqual([new URL(origin.url).host])
  })

  it.each([
    ['POST', [['Content-Length', '0']], ['0'], []],
    ['POST', [], ['0'], []],
    ['GET', [], [], []],
    ['DELETE', [], [], []],
  ] as const)('%s %j without a body is framed as one without', async (method, fields, length, encoding) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    await exchange(url, requestText(`${method} /a`, [AUTHORIZATION, ...fields]))
    expect(seenValues(origin.seen[0], 'content-length')).toEqual(length)
    expect(seenValues(origin.seen[0], 'transfer-encoding')).toEqual(encoding)
  })

  it('in chunks goes on in chunks, trailers and extensions aside', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const chunked = '5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n'
    await exchange(url, `${requestText('PUT /a', [AUTHORIZATION, ['Transfer-Encoding', 'chunked']])}${chunked}`)
    expect(origin.seen).toMatchObject([{ method: 'PUT', body: 'hello!' }])
    expect(seenValues(origin.seen[0], 'transfer-encoding')).toEqual(['chunked'])
    expect(seenValues(origin.seen[0], 'content-length')).toEqual([])
  })

  it('of GET and DELETE keeps its body', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    for (const method of ['GET', 'DELETE']) await exchange(url, requestText(`${method} /a`, [AUTHORIZATION], 'hello'))
    expect(origin.seen).toMatchObject([{ body: 'hello' }, { body: 'hello' }])
  })

  it('has its credential taken out of the query', async () => {
    const [credential] = DOCUMENT.credentials
    const document = { ...DOCUMENT, credentials: [{ ...credential, from: [{ query: 'api_token' }] }] } as Document
    const origin = await originThat()
    const { url, events } = await gateAt(origin.url, document)
    expect((await exchange(url, requestText(`GET /a?b=1&api_token=${TOKENS.FULL}&c`))).status).toBe(200)
    expect(origin.seen[0]?.url).toBe('/a?b=1&c')
    expect(JSON.stringify(events)).not.toContain(TOKENS.FULL)
  })

  it('reuses the connection to the origin', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    for (let time = 0; time < 5; time++) await exchange(url, requestText(`GET /${time}`, [AUTHORIZATION]))
    expect(origin.seen).toHaveLength(5)
    expect(origin.connections()).toBe(1)
  })

  it('is one of several on one connection, each with its own answer', async () => {
    const origin = await originThat((request, response) => response.end(request.url))
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    const one = (target: string, token = true) =>
      `GET ${target} HTTP/1.1\r\nHost: a.example\r\n${token ? `${AUTHORIZATION.join(': ')}\r\n` : ''}\r\n`
    wire.write(one('/first') + one('/second', false) + one('/third'))
    const text = await wire.until(/\/third/)
    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 401', 'HTTP/1.1 200'])
    expect(origin.seen.map((seen) => seen.url)).toEqual(['/first', '/third'])
  })
})

describe('a response', () => {
  it('comes back with its status, its words, its fields and its bytes', async () => {
    const origin = await originThat((_, response) => {
      response.writeHead(418, 'Short and Stout', [
        'Set-Cookie',
        'a=1',
        'Set-Cookie',
        'b=2',
        'X-Latin',
        'caf\xe9',
        'X-Latchkey-Request-Id',
        'theirs',
        'Connection',
        'X-Hop',
        'X-Hop',
        '1',
      ])
      response.end(Buffer.from(EVERY_BYTE, 'latin1'))
    })
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const text = await wire.closed()
    expect(text.split('\r\n')[0]).toBe('HTTP/1.1 418 Short and Stout')
    const response = responseOf(text)
    expect(response.body).toBe(EVERY_BYTE)
    expect(valuesOf(response, 'set-cookie')).toEqual(['a=1', 'b=2'])
    expect(valuesOf(response, 'x-latin')).toEqual(['caf\xe9'])
    expect(valuesOf(response, 'x-hop')).toEqual([])
    expect(valuesOf(response, 'x-latchkey-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
    expect(valuesOf(response, 'cache-control')).toEqual(['private'])
    expect(valuesOf(response, 'date')).toHaveLength(1)
  })

  it('that is compressed stays as it is', async () => {
    const body = gzipSync('hello')
    const origin = await originThat((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': body.length })
      response.end(body)
    })
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText('GET /a', [AUTHORIZATION, ['Accept-Encoding', 'gzip']]))
    expect(Buffer.from(response.body, 'latin1').equals(body)).toBe(true)
    expect(valuesOf(response, 'content-encoding')).toEqual(['gzip'])
    expect(valuesOf(response, 'content-length')).toEqual([String(body.length)])
  })

  it('that leads elsewhere is not followed', async () => {
    const origin = await originThat((_, response) => response.writeHead(302, { Location: '/elsewhere' }).end())
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText('GET /a', [AUTHORIZATION]))
    expect([response.status, valuesOf(response, 'location')]).toEqual([302, ['/elsewhere']])
    expect(origin.seen).toHaveLength(1)
  })

  it.each([204, 304])('of status %i has no body, and no length of one that it was not given', async (status) => {
    const origin = await originThat((_, response) => response.writeHead(status, { ETag: '"x"' }).end())
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText('GET /a', [AUTHORIZATION]))
    expect([response.status, response.body]).toEqual([status, ''])
    expect(valuesOf(response, 'etag')).toEqual(['"x"'])
    expect(valuesOf(response, 'content-length')).toEqual([])
    expect(valuesOf(response, 'transfer-encoding')).toEqual([])
  })

  it('to HEAD has the length of what GET would have, and no body', async () => {
    const origin = await originThat((_, response) => response.writeHead(200, { 'Content-Length': 5 }).end())
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText('HEAD /a', [AUTHORIZATION]))
    expect([response.status, response.body, valuesOf(response, 'content-length')]).toEqual([200, '', ['5']])
    expect(origin.seen).toMatchObject([{ method: 'HEAD' }])
  })

  it('after an interim one is the final one', async () => {
    const origin = await originThat((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('ok')
    })
    const { url } = await gateAt(origin.url)
    expect(await exchange(url, requestText('GET /a', [AUTHORIZATION]))).toMatchObject({ status: 200, body: 'ok' })
  })

  it('to an HTTP/1.0 client ends with the connection', async () => {
    const origin = await originThat((_, response) => {
      response.write('hel')
      response.end('lo')
    })
    const { url } = await gateAt(origin.url)
    const text = `GET /a HTTP/1.0\r\nHost: api.example\r\n${AUTHORIZATION.join(': ')}\r\n\r\n`
    const response = await exchange(url, text)
    expect([response.status, response.body, valuesOf(response, 'transfer-encoding')]).toEqual([200, 'hello', []])
  })
})

describe('1,000 requests at once', () => {
  it('have each its own answer', async () => {
    const origin = await originThat((request, response) => response.end(`${request.url} ${request.headers['x-n']}`))
    const { url } = await gateAt(origin.url)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, async (_, n) => {
        const token = n % 4 === 3 ? 'unknown' : TOKENS.FULL
        const response = await fetch(`${url}/c${n}`, {
          headers: { Authorization: `Bearer ${token}`, 'X-N': String(n) },
        })
        return response.status === 200
          ? response.text()
          : `${response.status}`.concat((await response.text()).slice(0, 0))
      }),
    )
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, n) => (n % 4 === 3 ? '401' : `/c${n} ${n}`)))
    expect(origin.seen).toHaveLength(750)
  })
})

describe('configured origin headers', () => {
  const documentOf = (secret: string): Document => ({
    ...DOCUMENT,
    origin: { url: 'http://127.0.0.1:9', headers: { 'X-Origin-Secret': { secret } } },
  })

  it('replace what the client sent', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url, documentOf('READ'))
    await exchange(
      url,
      requestText('GET /health', [
        ['x-origin-secret', 'mine'],
        ['X_Origin_Secret', 'mine'],
      ]),
    )
    expect(seenValues(origin.seen[0], 'x-origin-secret')).toEqual([TOKENS.READ])
    expect(JSON.stringify(origin.seen)).not.toContain('mine')
  })

  it('that are not set are a 503, and the origin hears nothing', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url, documentOf('UNSET'))
    const response = await exchange(url, requestText('GET /health'))
    expect(response.status).toBe(503)
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'not-configured' })
    expect(origin.seen).toEqual([])
  })
})

it('an origin by the name of a variable goes before its URL', async () => {
  const origin = await originThat()
  const document: Document = { ...DOCUMENT, origin: { url: 'http://127.0.0.1:9', binding: 'ORIGIN' } }
  const secrets = { get: (name: string) => (name === 'ORIGIN' ? [origin.url] : []) }
  const { url } = await gateAt(undefined, document, { secrets })
  expect((await exchange(url, requestText('GET /health'))).status).toBe(200)
  expect(origin.seen).toHaveLength(1)
})
