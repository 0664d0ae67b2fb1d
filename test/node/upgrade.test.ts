import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { RawData } from 'ws'
import { WebSocket, WebSocketServer } from 'ws'
import type { Document } from '../../src/document.ts'
import type { Field } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { AUTHORIZATION, gateAt, nowhere, originThat, pairsOf, tcpOriginThat } from './parts.ts'
import { exchange, requestText, responseOf, valuesOf, wireTo } from './wire.ts'

const UPGRADE: readonly Field[] = [
  ['Connection', 'Upgrade'],
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
]

/** A request for a WebSocket, written by hand. */
const upgradeText = (...fields: readonly Field[]) =>
  `GET /chat HTTP/1.1\r\n${[['Host', 'api.example'], ...UPGRADE, ...fields].map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`

/** An origin that sends every message back, and keeps what asked for each connection. */
async function echoingOrigin() {
  const asked: IncomingMessage[] = []
  const server = createServer()
  const sockets = new WebSocketServer({ server, handleProtocols: (offers) => [...offers][0] ?? false })
  sockets.on('connection', (socket, request) => {
    asked.push(request)
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const client of sockets.clients) client.terminate()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, sockets }
}

async function opened(
  url: string,
  protocols: readonly string[] = [],
  headers: Record<string, string> = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/chat?room=1`, [...protocols], { headers })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  return socket
}

const authorized = { Authorization: `Bearer ${TOKENS.FULL}` }
const message = (socket: WebSocket) => new Promise<RawData>((resolve) => socket.once('message', resolve))

describe('a WebSocket', () => {
  it('passes messages both ways, texts and bytes, small and large', async () => {
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url)
    const socket = await opened(url, [], authorized)
    for (const sent of [Buffer.from('hello'), Buffer.alloc(300_000, 7), Buffer.from([0, 255, 128])]) {
      const received = message(socket)
      socket.send(sent)
      expect(Buffer.from((await received) as Buffer).equals(sent)).toBe(true)
    }
  })

  it('is asked for as it was, with who called and without the credential', async () => {
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url)
    await opened(url, [], { ...authorized, 'X-Latchkey-Name': 'root' })
    const [request] = origin.asked
    expect(request?.url).toBe('/chat?room=1')
    expect(request?.headers).toMatchObject({
      'x-latchkey-name': 'full',
      'x-forwarded-for': '127.0.0.1',
      upgrade: 'websocket',
    })
    expect(request?.headers.authorization).toBeUndefined()
  })

  it('closes for the client as it closed for the origin, and the other way', async () => {
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url)
    const socket = await opened(url, [], authorized)
    const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])))
    for (const client of origin.sockets.clients) client.close(4001, 'enough')
    expect(await closed).toEqual([4001, 'enough'])

    const second = await opened(url, [], authorized)
    const [client] = origin.sockets.clients
    const closedThere = new Promise((resolve) => client?.once('close', resolve))
    second.close(4002)
    expect(await closedThere).toBe(4002)
  })

  it('ends for the origin where the client is gone', async () => {
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url)
    const socket = await opened(url, [], authorized)
    const [client] = origin.sockets.clients
    const closedThere = new Promise((resolve) => client?.once('close', resolve))
    socket.terminate()
    expect(await closedThere).toBe(1006)
  })

  it('may have its token among the subprotocols, which the origin never sees', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [
        {
          kind: 'static-token',
          name: 'full',
          from: [{ subprotocol: 'latchkey' }],
          tokens: { secret: 'FULL' },
          type: 'full-access',
        },
      ],
    }
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url, document)
    const socket = await opened(url, ['chat', `latchkey.token.${TOKENS.FULL}`])
    expect(socket.protocol).toBe('chat')
    expect(JSON.stringify(pairsOf(origin.asked[0]?.rawHeaders ?? []))).not.toContain(TOKENS.FULL)
    const encoded = Buffer.from(TOKENS.FULL).toString('base64url')
    expect((await opened(url, ['chat', `latchkey.token64.${encoded}`])).protocol).toBe('chat')
  })

  it('keeps what either side sends right behind its head', async () => {
    const url = await tcpOriginThat((socket) => {
      socket.once('data', (head) => {
        const early = String(head).split('\r\n\r\n')[1]
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nearly from the origin;',
        )
        if (early) socket.write(`got ${early}`)
        socket.on('data', (data) => void socket.write(`got ${String(data)}`))
      })
    })
    const gate = await gateAt(url)
    const wire = await wireTo(gate.url)
    wire.write(`${upgradeText(AUTHORIZATION)}early from the client`)
    const text = await wire.until(/got early from the client/)
    expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/)
    expect(text).toContain('early from the origin;')
  })

  it('has a request id of ours on its 101, and no field of one connection but its own', async () => {
    const head =
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\nX-Hop: 1\r\nSec-WebSocket-Accept: abc\r\nSet-Cookie: a=1\r\nX-Latchkey-Request-Id: theirs\r\n\r\n'
    const gate = await gateAt(await tcpOriginThat((socket) => socket.once('data', () => void socket.write(head))))
    const wire = await wireTo(gate.url)
    wire.write(upgradeText(AUTHORIZATION))
    const response = responseOf(await wire.until(/\r\n\r\n/))
    expect(valuesOf(response, 'x-latchkey-request-id')).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)])
    expect(valuesOf(response, 'connection')).toEqual(['Upgrade'])
    expect(valuesOf(response, 'upgrade')).toEqual(['websocket'])
    expect(valuesOf(response, 'sec-websocket-accept')).toEqual(['abc'])
    expect(valuesOf(response, 'set-cookie')).toEqual(['a=1'])
    expect(valuesOf(response, 'x-hop')).toEqual([])
  })
})

describe('a WebSocket that is refused', () => {
  it.each<[string, readonly Field[], number]>([
    ['without a credential', [], 401],
    ['with a token that nothing knows', [['Authorization', 'Bearer unknown']], 401],
    ['with two hosts', [AUTHORIZATION, ['Host', 'b.example']], 400],
  ])('%s gets an answer like every request, and the connection ends', async (_, fields, status) => {
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(upgradeText(...fields))
    const response = responseOf(await wire.closed())
    expect(response.status).toBe(status)
    expect(JSON.parse(response.body)).toMatchObject({ status })
    expect(valuesOf(response, 'connection')).toEqual(['close'])
    expect(origin.asked).toEqual([])
  })

  it('by the origin gets the answer of the origin', async () => {
    const origin = await originThat((_, response) => response.writeHead(426, { 'X-Why': 'no' }).end('no sockets'))
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(upgradeText(AUTHORIZATION))
    const response = responseOf(await wire.closed())
    expect(response).toMatchObject({ status: 426, body: 'no sockets' })
    expect(valuesOf(response, 'x-why')).toEqual(['no'])
  })

  it('by nobody at the origin is a 502', async () => {
    const { url } = await gateAt(await nowhere())
    const wire = await wireTo(url)
    wire.write(upgradeText(AUTHORIZATION))
    const response = responseOf(await wire.closed())
    expect(response.status).toBe(502)
    expect(JSON.parse(response.body)).toMatchObject({ reason: 'origin-unreachable' })
  })

  it('on a cookie that another site sent is a 403', async () => {
    const document: Document = {
      ...DOCUMENT,
      credentials: [
        { kind: 'static-token', from: [{ cookie: 'session' }], tokens: { secret: 'FULL' }, type: 'full-access' },
      ],
    }
    const origin = await echoingOrigin()
    const { url } = await gateAt(origin.url, document)
    const cookie: Field = ['Cookie', `session=${TOKENS.FULL}`]
    const ask = async (from: string) => {
      const wire = await wireTo(url)
      wire.write(upgradeText(cookie, ['Origin', from]))
      return responseOf(await wire.until(/\r\n\r\n/)).status
    }
    expect(await ask('https://evil.example')).toBe(403)
    expect(await ask('http://api.example')).toBe(101)
  })
})

describe('any other upgrade', () => {
  it.each<[string, string, readonly Field[], string]>([
    [
      'h2c',
      'GET',
      [
        ['Upgrade', 'h2c'],
        ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
      ],
      '',
    ],
    ['h2c with a body', 'POST', [['Upgrade', 'h2c']], 'hello'],
    ['a WebSocket by POST', 'POST', [['Upgrade', 'websocket']], 'hello'],
    ['a list of two', 'GET', [['Upgrade', 'websocket, h2c']], ''],
    ['TLS', 'OPTIONS', [['Upgrade', 'TLS/1.3']], ''],
  ])('is passed over, and the request served as it is: %s', async (_, method, fields, body) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const lines = [['Host', 'api.example'], AUTHORIZATION, ...fields, ['Connection', 'Upgrade, HTTP2-Settings, close']]
    if (body) lines.push(['Content-Length', String(body.length)])
    const text = `${method} /a HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`
    expect(await exchange(url, text)).toMatchObject({ status: 200, body: 'ok' })
    expect(origin.seen).toMatchObject([{ method, body }])
    expect(JSON.stringify(origin.seen[0]?.headers)).not.toMatch(/upgrade|http2-settings/i)
  })

  it('is judged like every request', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const text = requestText('GET /a', [['Upgrade', 'h2c']]).replace('Connection: close', 'Connection: Upgrade, close')
    expect((await exchange(url, text)).status).toBe(401)
    expect(origin.seen).toEqual([])
  })
})

describe('CONNECT', () => {
  it.each(['api.example:443', '127.0.0.1:80', '/a', 'http://api.example/'])('to %s is refused', async (target) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText(`CONNECT ${target}`, [AUTHORIZATION]))
    expect(response.status).toBe(400)
    expect(origin.connections()).toBe(0)
  })
})
