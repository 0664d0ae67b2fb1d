import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { Document } from '../../src/document.ts'
import { DOCUMENT } from '../given/authority.ts'
import type { TestGate } from './parts.ts'
import { AUTHORIZATION, gateAt, nowhere, originThat, tcpOriginThat } from './parts.ts'
import type { WireResponse } from './wire.ts'
import { exchange, requestText, responseOf, valuesOf, wireTo } from './wire.ts'

/** One second, the least that a document can say. */
const HASTY: Document = { ...DOCUMENT, origin: { url: 'http://127.0.0.1:9', timeoutSeconds: 1 } }

const BIG = 'x'.repeat(4_000_000)

function expectFailure(response: WireResponse, gate: TestGate, status: 502 | 504): void {
  const reason = status === 502 ? 'origin-unreachable' : 'origin-timeout'
  expect(response.status).toBe(status)
  expect(JSON.parse(response.body)).toMatchObject({ status, reason })
  expect(response.body).not.toMatch(/ECONN|127\.0\.0\.1|\bat /)
  expect(gate.events.filter((event) => event.type === 'origin-failed')).toEqual([
    {
      type: 'origin-failed',
      time: expect.stringMatching(/^20\d\d-/),
      requestId: valuesOf(response, 'x-latchkey-request-id')[0],
      reason,
    },
  ])
}

const onRequest = (serves: (socket: Socket) => void) =>
  tcpOriginThat((socket) => socket.once('data', () => serves(socket)))

describe('an origin that is down', () => {
  it.each([
    ['GET', ''],
    ['HEAD', ''],
    ['POST', 'hello'],
    ['PURGE', ''],
  ])('is a 502 to %s', async (method, body) => {
    const gate = await gateAt(await nowhere())
    const response = await exchange(gate.url, requestText(`${method} /a`, [AUTHORIZATION], body))
    if (method === 'HEAD') expect([response.status, response.body]).toEqual([502, ''])
    else expectFailure(response, gate, 502)
  })

  it('is a 502 to a request whose body is not sent yet', async () => {
    const gate = await gateAt(await nowhere())
    const wire = await wireTo(gate.url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Content-Length', String(BIG.length)]]))
    wire.write(BIG)
    expectFailure(responseOf(await wire.until(/\}$/)), gate, 502)
  })

  it('is told to gRPC clients in their own way', async () => {
    const gate = await gateAt(await nowhere())
    const grpc = [AUTHORIZATION, ['Content-Type', 'application/grpc'], ['TE', 'trailers']] as const
    const response = await exchange(gate.url, requestText('POST /a', grpc, 'x'))
    expect([response.status, valuesOf(response, 'grpc-status')]).toEqual([200, ['14']])
  })

  it('is no reason to refuse what the gate answers itself', async () => {
    const gate = await gateAt(await nowhere())
    expect((await exchange(gate.url, requestText('GET /_latchkey/health'))).status).toBe(200)
    expect((await exchange(gate.url, requestText('GET /a'))).status).toBe(401)
  })
})

describe('an origin that ends the connection', () => {
  it.each<[string, (socket: Socket) => void]>([
    ['by a reset', (socket) => void socket.resetAndDestroy()],
    ['politely', (socket) => void socket.end()],
    ['within the head', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['after what is no HTTP', (socket) => void socket.end('220 mail.example ESMTP\r\n')],
    [
      'after a head that is too long',
      (socket) => void socket.end(`HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(100_000)}\r\n\r\n`),
    ],
    ['after a status that is none', (socket) => void socket.end('HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n')],
    [
      'after words that no response has',
      (socket) => void socket.end('HTTP/1.1 200 O\x01K\r\nContent-Length: 0\r\n\r\n'),
    ],
    [
      'after switching to what nobody asked for',
      (socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n'),
    ],
  ])('%s, before a head is there, is a 502', async (_, serves) => {
    const gate = await gateAt(await onRequest(serves))
    expectFailure(await exchange(gate.url, requestText('GET /a', [AUTHORIZATION])), gate, 502)
    expect((await exchange(gate.url, requestText('GET /_latchkey/live'))).status).toBe(200)
  })

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('half-way through a body of %s gives no whole response', async (_, text) => {
    const gate = await gateAt(await onRequest((socket) => void socket.end(text)))
    const wire = await wireTo(gate.url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const received = await wire.closed()
    expect(received).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(received).toContain('half')
    expect(received).not.toMatch(/\r\n0\r\n\r\n$/)
    await expect(
      fetch(gate.url, { headers: [[...AUTHORIZATION]] }).then((response) => response.text()),
    ).rejects.toThrow()
  })

  it('early, with an answer, gives that answer', async () => {
    const answer = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig'
    const gate = await gateAt(await onRequest((socket) => void socket.end(answer)))
    const wire = await wireTo(gate.url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Content-Length', String(BIG.length)]]))
    wire.write(BIG)
    expect(responseOf(await wire.until(/big$/))).toMatchObject({ status: 413, body: 'big' })
  })
})

describe('an origin that is slow', () => {
  it('is a 504, in the time that the document gives it', async () => {
    const gate = await gateAt(await tcpOriginThat(() => undefined), HASTY)
    expectFailure(await exchange(gate.url, requestText('GET /a', [AUTHORIZATION])), gate, 504)
  })

  it('is a 504 where it does not take the body either', async () => {
    const gate = await gateAt(await tcpOriginThat((socket) => void socket.pause()), HASTY)
    const wire = await wireTo(gate.url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Content-Length', String(BIG.length * 4)]]))
    for (let time = 0; time < 4; time++) wire.write(BIG)
    expectFailure(responseOf(await wire.until(/\}$/)), gate, 504)
  })

  it('is not, while the client still sends', async () => {
    const origin = await originThat((request, response) => request.on('end', () => response.end('ok')).resume())
    const gate = await gateAt(origin.url, HASTY)
    const wire = await wireTo(gate.url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Content-Length', '4']]))
    for (const byte of 'slow') {
      // The subject is the time between two bytes: together they take longer than an origin may.
      await new Promise((resolve) => setTimeout(resolve, 400))
      wire.write(byte)
    }
    expect(responseOf(await wire.closed())).toMatchObject({ status: 200, body: 'ok' })
    expect(origin.seen).toMatchObject([{ body: 'slow' }])
  })

  it('is not, once its head is there', async () => {
    const origin = await originThat((_, response) => {
      response.write('first')
      setTimeout(() => response.end('last'), 1300)
    })
    const gate = await gateAt(origin.url, HASTY)
    expect(await exchange(gate.url, requestText('GET /a', [AUTHORIZATION]))).toMatchObject({
      status: 200,
      body: 'firstlast',
    })
  })
})

it('an origin that closes idle connections costs no request', async () => {
  let requests = 0
  const url = await tcpOriginThat((socket) => {
    socket.on('data', () => {
      requests++
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  const gate = await gateAt(url)
  for (let time = 0; time < 5; time++) {
    expect(await exchange(gate.url, requestText('GET /a', [AUTHORIZATION]))).toMatchObject({ status: 200, body: 'ok' })
  }
  expect(requests).toBe(5)
})
