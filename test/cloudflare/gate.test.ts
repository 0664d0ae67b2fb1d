import type { ClientRequest, IncomingMessage } from 'node:http'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { runtime } from '../hosts/worker-runtime.ts'
import { exchange } from '../hosts/worker-wire.ts'
import type { TestOrigin } from './given.ts'
import { gate, opened, send, TOKEN, testOrigin } from './given.ts'

let origin: TestOrigin
let workerd: Runtime
let port: number

beforeAll(async () => {
  origin = await testOrigin()
  workerd = await runtime([
    await gate('gate', { ORIGIN: { text: origin.url } }),
    await gate('down', { ORIGIN: { text: 'http://127.0.0.1:9' } }),
  ])
  port = workerd.portOf('gate')
})

afterAll(async () => {
  await workerd.stop()
  await origin.stop()
})

/** The origin keeps the head and body of one request, and answers 200. */
function received(): Promise<{ incoming: IncomingMessage; body: string }> {
  return new Promise((resolve) => {
    origin.answer = async (incoming, outgoing) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      outgoing.end()
      resolve({ incoming, body: Buffer.concat(chunks).toString('latin1') })
    }
  })
}

describe('a request', () => {
  it.each([
    ['POST', { 'Content-Length': '3' }],
    ['POST', { 'Transfer-Encoding': 'chunked' }],
    ['DELETE', { 'Content-Length': '3' }],
    ['GET', { 'Content-Length': '3' }],
  ])('%s with %j arrives with its body and its framing', async (method, headers) => {
    const arriving = received()
    await send(port, '/x', { method, headers, body: 'abc' })
    const { incoming, body } = await arriving
    expect({ method: incoming.method, body }).toEqual({ method, body: 'abc' })
    expect(incoming.headers).toMatchObject(
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    )
  })

  it.each(['GET', 'HEAD'])('%s with a chunked body, which fetch would drop, is refused', async (method) => {
    const answered = await send(port, '/x', { method, headers: { 'Transfer-Encoding': 'chunked' }, body: 'abc' })
    expect(answered.status).toBe(400)
  })

  it.each(['GET', 'HEAD', 'POST'])('%s with an empty body arrives', async (method) => {
    const arriving = received()
    expect(await send(port, '/x', { method, headers: { 'Content-Length': '0' } })).toMatchObject({ status: 200 })
    expect((await arriving).body).toBe('')
  })

  it('streams its body: the origin has the first part before the second is sent', async () => {
    const parts: string[] = []
    const { isSeen, seen } = sight()
    origin.answer = (incoming, outgoing) => {
      incoming.on('data', (chunk: Buffer) => {
        parts.push(chunk.toString())
        seen()
      })
      incoming.on('end', () => outgoing.end())
    }
    const response = await opened(port, '/x', { method: 'POST', headers: { 'Content-Length': '6' } }, (sent) => {
      sent.write('abc')
      void isSeen.then(() => sent.end('def'))
    })
    response.resume()
    expect(parts).toEqual(['abc', 'def'])
  })

  it('streams both ways at once', async () => {
    origin.answer = (incoming, outgoing) => {
      outgoing.flushHeaders()
      incoming.pipe(outgoing)
    }
    let echo = ''
    let request: ClientRequest | undefined
    const response = await opened(port, '/x', { method: 'POST' }, (sent) => {
      request = sent
      sent.write('1')
    })
    for await (const chunk of response) {
      echo += chunk
      if (echo.length < 3) request?.write(String(echo.length + 1))
      else request?.end()
    }
    expect(echo).toBe('123')
  })

  it('is cut where the client hangs up half-way', async () => {
    const { isSeen, seen } = sight()
    const arriving = new Promise<boolean>((resolve) => {
      origin.answer = (incoming) => {
        incoming.on('data', seen)
        incoming.on('close', () => resolve(incoming.complete))
      }
    })
    const response = opened(port, '/x', { method: 'POST', headers: { 'Content-Length': '6' } }, (sent) => {
      sent.write('abc')
      void isSeen.then(() => sent.destroy())
    })
    await expect(response).rejects.toThrow()
    expect(await arriving).toBe(false)
  })

  it('keeps an apostrophe of a query as fetch writes it', async () => {
    const arriving = received()
    await send(port, "/x?$filter=Name eq 'a'".replaceAll(' ', '%20'))
    expect((await arriving).incoming.url).toBe('/x?$filter=Name%20eq%20%27a%27')
  })

  it('keeps the bytes of a field that is no UTF-8', async () => {
    const arriving = received()
    await send(port, '/x', { headers: { 'X-Name': 'caf\xe9' } })
    expect((await arriving).incoming.headers['x-name']).toBe('caf\xe9')
  })

  it("loses a client's other spellings of the edge's fields", async () => {
    const arriving = received()
    await send(port, '/x', { headers: { 'CF-Connecting-IP': '192.0.2.7', CF_Connecting_IP: '127.0.0.1', cf_ray: '1' } })
    const { headers } = (await arriving).incoming
    expect(headers).toMatchObject({ 'cf-connecting-ip': '192.0.2.7', 'x-forwarded-for': '192.0.2.7' })
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cf_connecting_ip']))
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['cf_ray']))
  })

  it.each([
    ['/x', 'no-cache'],
    ['/public/x', undefined],
  ])('%s is kept from shared caches if it was judged', async (path, value) => {
    const arriving = received()
    await send(port, path)
    expect((await arriving).incoming.headers['cache-control']).toBe(value)
  })
})

describe('what could be read in two ways', () => {
  async function statusOf(start: string, ...hosts: string[]): Promise<string | undefined> {
    origin.answer = (incoming, outgoing) => outgoing.writeHead(200, { 'X-Arrived': incoming.url as string }).end()
    const lines = hosts.map((host) => `Host: ${host}`)
    const bytes = [`${start} HTTP/1.1`, ...lines, `Authorization: Bearer ${TOKEN}`, '', ''].join('\r\n')
    return (await exchange(port, bytes, 'GET')).start.split(' ')[1]
  }

  it.each(['api.example/x', 'api.example?x', 'api.example#x', 'user@api.example', 'api.example\\x', 'api%2eexample'])(
    'is refused: Host: %s',
    async (host) => {
      expect(await statusOf('GET /x', host)).toBe('400')
    },
  )

  it('is refused: two Hosts', async () => {
    expect(await statusOf('GET /x', 'api.example', 'api.example')).toBe('400')
  })

  it.each(['OPTIONS *', 'GET /a/../b', 'GET /a/%2e%2E/b', 'GET /a\\b', 'GET /{a}', 'GET /\xc3\xa9', 'GET //b'])(
    'is refused: %s',
    async (start) => {
      expect(await statusOf(start, 'api.example')).toBe('400')
    },
  )
})

describe('a response', () => {
  it('streams its body: the client has the first part before the second is sent', async () => {
    const { isSeen, seen } = sight()
    origin.answer = (_, outgoing) => {
      outgoing.write('abc')
      void isSeen.then(() => outgoing.end('def'))
    }
    const parts: string[] = []
    for await (const chunk of await opened(port, '/x', {}, (sent) => sent.end())) {
      parts.push(String(chunk))
      seen()
    }
    expect(parts).toEqual(['abc', 'def'])
  })

  const text = 'a text that is worth compressing, '.repeat(20)
  it.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', Buffer.from('not even that')],
  ])('in %s keeps its bytes, whether or not the client takes them', async (encoding, bytes) => {
    origin.answer = (_, outgoing) => outgoing.writeHead(200, { 'Content-Encoding': encoding }).end(bytes)
    for (const headers of [{ 'Accept-Encoding': encoding }, { 'Accept-Encoding': 'identity' }]) {
      const answered = await send(port, '/x', { headers })
      expect(answered.headers['content-encoding']).toBe(encoding)
      expect(answered.body.equals(bytes)).toBe(true)
    }
  })

  it('keeps each Set-Cookie', async () => {
    const cookies = ['a=1; Expires=Wed, 01 Jan 2031 00:00:00 GMT', 'b=2']
    origin.answer = (_, outgoing) => outgoing.writeHead(200, { 'Set-Cookie': cookies }).end()
    expect((await send(port, '/x')).headers['set-cookie']).toEqual(cookies)
  })

  it('is not followed where it redirects', async () => {
    origin.answer = (_, outgoing) => outgoing.writeHead(302, { Location: 'https://elsewhere.example/' }).end()
    expect(await send(port, '/x')).toMatchObject({ status: 302, headers: { location: 'https://elsewhere.example/' } })
  })

  it.each([204, 304])('of status %d has no body', async (status) => {
    origin.answer = (_, outgoing) => outgoing.writeHead(status, { ETag: '"1"' }).end()
    expect(await send(port, '/x')).toMatchObject({ status, headers: { etag: '"1"' } })
  })

  it('to HEAD keeps the length that GET would have', async () => {
    origin.answer = (_, outgoing) => outgoing.writeHead(200, { 'Content-Length': '55' }).end()
    expect((await send(port, '/x', { method: 'HEAD' })).headers['content-length']).toBe('55')
  })

  it('loses what speaks of the connection, and gets an id', async () => {
    origin.answer = (_, outgoing) =>
      outgoing.writeHead(200, { Connection: 'x-hop', 'X-Hop': '1', 'X-Latchkey-Request-Id': 'theirs' }).end()
    const { headers } = await send(port, '/x')
    expect(headers['x-hop']).toBeUndefined()
    expect(headers['x-latchkey-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it.each([
    ['/x', undefined, 'private'],
    ['/x', 'public, max-age=60', 'public, max-age=60'],
    ['/public/x', undefined, undefined],
  ])('%s that says %s of caching says %s', async (path, said, value) => {
    origin.answer = (_, outgoing) => outgoing.writeHead(200, said ? { 'Cache-Control': said } : {}).end()
    expect((await send(port, path)).headers['cache-control']).toBe(value)
  })

  it('is cut where the origin hangs up half-way', async () => {
    origin.answer = (_, outgoing) => {
      outgoing.writeHead(200, { 'Content-Length': '10' })
      outgoing.write('abc', () => outgoing.destroy())
    }
    await expect(send(port, '/x')).rejects.toThrow('aborted')
  })
})

describe('an origin', () => {
  it('that is down is 502', async () => {
    const answered = await send(workerd.portOf('down'), '/x')
    expect(answered.status).toBe(502)
    expect(JSON.parse(String(answered.body))).toMatchObject({ reason: 'origin-unreachable' })
    expect(await failureTold(answered.headers)).toMatchObject({ type: 'origin-failed', reason: 'origin-unreachable' })
  })

  it('that hangs up at once is 502', async () => {
    origin.answer = (_, outgoing) => outgoing.destroy()
    expect(await send(port, '/x')).toMatchObject({ status: 502 })
  })

  it('whose head does not come is 504', async () => {
    origin.answer = () => undefined
    const answered = await send(port, '/x')
    expect(answered.status).toBe(504)
    expect(await failureTold(answered.headers)).toMatchObject({ type: 'origin-failed', reason: 'origin-timeout' })
  })

  it.each([
    [520, 502],
    [521, 502],
    [522, 504],
    [523, 502],
    [524, 504],
    [526, 502],
    [530, 502],
    [529, 529],
    [500, 500],
    [503, 503],
  ])("in whose place Cloudflare's edge answers %d is %d", async (status, expected) => {
    origin.answer = (_, outgoing) => outgoing.writeHead(status).end('error code: 1016')
    const answered = await send(port, '/x')
    expect(answered.status).toBe(expected)
    expect(String(answered.body).includes('1016')).toBe(status === expected)
  })
})

function sight(): { readonly isSeen: Promise<void>; seen(): void } {
  let seen = () => {}
  const isSeen = new Promise<void>((resolve) => {
    seen = resolve
  })
  return { isSeen, seen: () => seen() }
}

async function failureTold(headers: IncomingMessage['headers']): Promise<unknown> {
  const id = headers['x-latchkey-request-id'] as string
  const line = await workerd.line((each) => each.includes('"origin-failed"') && each.includes(id))
  return line && JSON.parse(line)
}
