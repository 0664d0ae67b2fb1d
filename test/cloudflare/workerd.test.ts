import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { PROTOCOL_HEADER, runtime } from '../hosts/worker-runtime.ts'
import type { Message, RecordingOrigin } from '../hosts/worker-wire.ts'
import { exchange, recordingOrigin } from '../hosts/worker-wire.ts'

/** What the Worker host is built on, kept true: how workerd hands a request to a Worker, and what its fetch sends on. */

const PROBE = `export default {
  async fetch(request, env) {
    const { url, method } = request
    const target = url.slice(url.indexOf('://') + 3).replace(/^[^/?#]*/, '')
    const cache = request.headers.get('x-cache') ?? undefined
    const init = { method, headers: request.headers, redirect: 'manual', ...(cache && { cache }) }
    const hasBody = request.body !== null
    const sending = request.headers.has('x-whole')
      ? fetch(new Request(env.ORIGIN + target, request))
      : fetch(env.ORIGIN + target, { ...init, body: request.body })
    const failed = await sending.then(() => null, (error) => String(error))
    return Response.json({ url, method, headers: Object.fromEntries(request.headers), hasBody, failed })
  },
}`

interface Seen {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly hasBody: boolean
  readonly failed: string | null
}

let origin: RecordingOrigin
let workerd: Runtime

beforeAll(async () => {
  origin = await recordingOrigin()
  workerd = await runtime([
    { name: 'probe', bundle: [{ name: 'probe.js', text: PROBE }], bindings: { ORIGIN: { text: origin.url } } },
  ])
})

afterAll(async () => {
  await workerd.stop()
  await origin.stop()
})

async function ask(
  start: string,
  lines: readonly string[] = ['Host: api.example'],
  body = '',
): Promise<{ reply: Message; seen: Seen | undefined; arrived: Message | undefined }> {
  const method = start.split(' ')[0] as string
  const bytes = [`${start} HTTP/1.1`, ...lines, `${PROTOCOL_HEADER}: https`, '', body].join('\r\n')
  const reply = await exchange(workerd.portOf('probe'), bytes, method)
  const seen = reply.body.startsWith('{')
    ? (JSON.parse(Buffer.from(reply.body, 'latin1').toString('utf8')) as Seen)
    : undefined
  return { reply, seen, arrived: origin.taken()[0] }
}

describe('the target', () => {
  it.each([
    ['keeps a doubled slash', '/a//b', '/a//b', '/a//b'],
    ['keeps an escaped slash', '/a%2fb', '/a%2fb', '/a%2fb'],
    ['keeps a semicolon', '/a;b=1', '/a;b=1', '/a;b=1'],
    ['keeps an escaped unreserved character', '/%68ealth', '/%68ealth', '/%68ealth'],
    ['shows dot segments, and fetch resolves them', '/a/../b', '/a/../b', '/b'],
    ['shows escaped dot segments, and fetch resolves them', '/a/%2e%2E/b', '/a/%2e%2E/b', '/b'],
    ['shows a backslash, and fetch makes it a slash', '/a\\b', '/a\\b', '/a/b'],
    ['shows raw UTF-8, and fetch escapes it', '/\xc3\xa9', '/é', '/%C3%A9'],
    ['shows braces in a path, and fetch escapes them', '/{a}', '/{a}', '/%7Ba%7D'],
    ['shows an apostrophe in a query, and fetch escapes it', "/a?b='c'", "/a?b='c'", '/a?b=%27c%27'],
    ['shows raw UTF-8 in a query, and fetch escapes it', '/a?b=\xc3\xa9', '/a?b=é', '/a?b=%C3%A9'],
    ['keeps every other character of a query', '/a?`{}|\\^[]%zz', '/a?`{}|\\^[]%zz', '/a?`{}|\\^[]%zz'],
    ['keeps a question mark with nothing behind it', '/a?', '/a?', '/a?'],
    ['drops a fragment', '/a#b', '/a', '/a'],
    ['shows the path alone of absolute form', 'http://other.example/x', '/x', '/x'],
    ['shows a slash for what does not begin with one', 'x', '/', '/'],
    ['glues an asterisk to the host', '*', '*', '/'],
  ])('%s', async (_, target, shown, sent) => {
    const { seen, arrived } = await ask(`OPTIONS ${target}`)
    expect(seen?.url).toBe(`https://api.example${shown}`)
    expect(arrived?.start).toBe(`OPTIONS ${sent} HTTP/1.1`)
  })

  it.each([
    ['a space', '/a b'],
    ['an angle bracket', '/a<b'],
    ['a grave accent in a path', '/a`b'],
    ['a quotation mark in a query', '/a?"'],
    ['a tab', '/a\tb'],
    ['DEL', '/a\x7f'],
    ['a byte that is no UTF-8', '/\xe9'],
  ])('is refused by workerd itself with %s', async (_, target) => {
    const { reply, arrived } = await ask(`GET ${target}`)
    expect(reply.start).toBe('HTTP/1.1 400 Bad Request')
    expect(arrived).toBeUndefined()
  })
})

describe('the method', () => {
  it.each([
    ['GET', 'HTTP/1.1 200 OK'],
    ['PROPFIND', 'HTTP/1.1 200 OK'],
    ['TRACE', 'HTTP/1.1 200 OK'],
    ['BREW', 'HTTP/1.1 501 Not Implemented'],
    ['get', 'HTTP/1.1 501 Not Implemented'],
    ['CONNECT', 'HTTP/1.1 500 Internal Server Error'],
  ])('%s is answered %s', async (method, start) => {
    expect((await ask(`${method} /`)).reply.start).toBe(start)
  })
})

describe('the host', () => {
  it.each([
    ['is shown in the case it was sent', 'Host: API.Example', 'https://API.Example/p'],
    ['makes a path of what follows a slash', 'Host: api.example/x', 'https://api.example/x/p'],
    ['is joined where it was sent twice', 'Host: a\r\nHost: b', 'https://a, b/p'],
    ['keeps a user', 'Host: user@api.example', 'https://user@api.example/p'],
  ])('%s', async (_, line, url) => {
    expect((await ask('GET /p', [line])).seen?.url).toBe(url)
  })

  it('is the one of the field in absolute form too', async () => {
    const { seen } = await ask('GET http://other.example/x', ['Host: api.example'])
    expect(seen?.url).toBe('https://api.example/x')
  })
})

describe('the fields', () => {
  it.each([
    [
      'joins a repeated Authorization',
      ['Authorization: Bearer a', 'Authorization: Bearer b'],
      'authorization',
      'Bearer a, Bearer b',
    ],
    ['joins cookie lines with a comma', ['Cookie: a=1', 'Cookie: b=2'], 'cookie', 'a=1, b=2'],
    ['shows those of the connection', ['Connection: x-a', 'TE: trailers'], 'connection', 'x-a'],
    ['keeps an underscore', ['X_Latchkey_Subject: root'], 'x_latchkey_subject', 'root'],
    ['shows U+FFFD for a byte that is no UTF-8', ['X-Name: caf\xe9'], 'x-name', 'caf\ufffd'],
    [
      'lets a CF-Connecting-IP of the client through, as there is no edge',
      ['CF-Connecting-IP: 192.0.2.1'],
      'cf-connecting-ip',
      '192.0.2.1',
    ],
  ])('%s', async (_, lines, name, value) => {
    expect((await ask('GET /', ['Host: api.example', ...lines])).seen?.headers[name]).toBe(value)
  })

  it('sends the very bytes on where a script has not touched them', async () => {
    const { arrived } = await ask('GET /', ['Host: api.example', 'X-Name: caf\xe9'])
    expect(arrived?.headers).toContainEqual(['X-Name', 'caf\xe9'])
  })

  it.each([
    ['adds no-cache for the mode no-store', [], 'no-cache'],
    ['leaves what the client says about caching', ['Cache-Control: max-age=9'], 'max-age=9'],
  ])('%s', async (_, lines, value) => {
    const { arrived } = await ask('GET /', ['Host: api.example', 'X-Cache: no-store', ...lines])
    expect(arrived?.headers.filter(([name]) => name === 'Cache-Control')).toEqual([['Cache-Control', value]])
  })
})

describe('the body', () => {
  it('of GET is there, and fetch takes none for that method', async () => {
    const { seen } = await ask('GET /', ['Host: api.example', 'Content-Length: 0'])
    expect(seen).toMatchObject({ hasBody: true, failed: expect.stringContaining('cannot have a body') })
  })

  it('of GET without a length is dropped by fetch, even in a request that came with it', async () => {
    const lines = ['Host: api.example', 'X-Whole: 1', 'Transfer-Encoding: chunked']
    const { seen, arrived } = await ask('GET /', lines, '3\r\nabc\r\n0\r\n\r\n')
    expect(seen).toMatchObject({ hasBody: true, failed: null })
    expect(arrived?.body).toBe('')
  })

  it('of POST without a length is none', async () => {
    const { seen, arrived } = await ask('POST /')
    expect(seen?.hasBody).toBe(false)
    expect(arrived?.headers).toContainEqual(['Content-Length', '0'])
  })
})
