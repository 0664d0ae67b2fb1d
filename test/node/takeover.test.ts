import { describe, expect, it } from 'vitest'
import { AUTHORIZATION, gateAt, originThat, tcpOriginThat } from './parts.ts'
import { exchange, requestText, wireTo } from './wire.ts'

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
const authorization = `${AUTHORIZATION[0]}: ${AUTHORIZATION[1]}\r\n`

describe('a connection on which a reply is still to come', () => {
  it.each([
    ['CONNECT, behind a refusal', 'GET /a', '', 'CONNECT api.example:443', ''],
    ['CONNECT, behind a request that passes', 'GET /a', authorization, 'CONNECT api.example:443', ''],
    ['a WebSocket, behind a refusal', 'GET /a', '', 'GET /chat', UPGRADE],
    ['a WebSocket, behind a public route', 'GET /health', '', 'GET /chat', UPGRADE + authorization],
    ['a WebSocket, behind HEAD', 'HEAD /a', authorization, 'GET /chat', UPGRADE + authorization],
  ])('is lost to who takes it over, and the gate serves on: %s', async (_, line, fields, takeover, more) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    const host = 'Host: api.example\r\n'
    wire.write(`${line} HTTP/1.1\r\n${host}${fields}\r\n${takeover} HTTP/1.1\r\n${host}${more}\r\n`)
    expect(await wire.closed()).not.toContain(' 101 ')
    expect((await exchange(url, requestText('GET /a', [AUTHORIZATION]))).status).toBe(200)
  })
})

describe('a WebSocket that is asked for with a body', () => {
  it.each([
    ['a length', 'Content-Length: 700\r\n', ''],
    ['chunks', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
  ])('is a 400, and the origin waits for no body that never comes: %s', async (_, framing, body) => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const text = `GET /health HTTP/1.1\r\nHost: api.example\r\n${UPGRADE}${framing}\r\n${body}`
    expect(await exchange(url, text)).toMatchObject({ status: 400 })
    expect(origin.connections()).toBe(0)
  })

  it('is passed on where the body is empty', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const text = `GET /health HTTP/1.1\r\nHost: api.example\r\n${UPGRADE}Content-Length: 0\r\n\r\n`
    expect(await exchange(url, text)).toMatchObject({ status: 200 })
  })
})

it('a length behind more fields than Node counts goes on with its body', async () => {
  let received = ''
  const origin = await tcpOriginThat((socket) => {
    socket.on('data', (data) => {
      received += data.toString('latin1')
      if (received.endsWith('hello')) socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
    })
  })
  const { url } = await gateAt(origin)
  const many = Array.from({ length: 1010 }, () => ['a', ''] as const)
  expect(await exchange(url, requestText('POST /a', [AUTHORIZATION, ...many], 'hello'))).toMatchObject({ status: 204 })
  expect(received).toContain('Content-Length: 5\r\n')
})
