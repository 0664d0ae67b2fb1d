import type { IncomingMessage, ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { AUTHORIZATION, gateAt, originThat } from './parts.ts'
import { exchange, requestText, responseOf, wireTo } from './wire.ts'

/** An origin whose request and response the test handles itself. */
async function heldOrigin() {
  let arrived: (pair: { request: IncomingMessage; response: ServerResponse }) => void
  const pair = new Promise<{ request: IncomingMessage; response: ServerResponse }>((resolve) => {
    arrived = resolve
  })
  const origin = await originThat((request, response) => arrived({ request, response }), { reads: false })
  return { origin, pair }
}

const next = (request: IncomingMessage, event: string) => new Promise((resolve) => request.once(event, resolve))

describe('a body', () => {
  it('arrives at the origin while the client still sends', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Transfer-Encoding', 'chunked']]))
    wire.write('5\r\nfirst\r\n')
    const { request, response } = await pair
    expect(String(await next(request, 'data'))).toBe('first')
    wire.write('4\r\nlast\r\n0\r\n\r\n')
    expect(String(await next(request, 'data'))).toBe('last')
    response.end('ok')
    expect(responseOf(await wire.closed())).toMatchObject({ status: 200, body: 'ok' })
  })

  it('arrives at the client while the origin still sends', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const { response } = await pair
    response.write('first')
    await wire.until(/first/)
    response.end('last')
    expect(responseOf(await wire.closed()).body).toBe('firstlast')
  })

  it('goes both ways at once', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Transfer-Encoding', 'chunked']]))
    const { request, response } = await pair
    request.pipe(response)
    for (const word of ['one', 'two', 'three']) {
      wire.write(`${word.length.toString(16)}\r\n${word}\r\n`)
      await wire.until(new RegExp(word))
    }
    wire.write('0\r\n\r\n')
    expect(responseOf(await wire.closed()).body).toBe('onetwothree')
  })

  it('shows its head before any of it is there', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const { response } = await pair
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    response.flushHeaders()
    await wire.until(/text\/event-stream[\s\S]*\r\n\r\n/)
    response.end()
    await wire.closed()
  })

  it('of many megabytes loses nothing', async () => {
    const body = Buffer.alloc(8_000_000, Buffer.from(Array.from({ length: 251 }, (_, byte) => byte)))
    const origin = await originThat((request, response) => void request.pipe(response))
    const { url } = await gateAt(origin.url)
    const response = await fetch(url, { method: 'POST', headers: [[...AUTHORIZATION]], body })
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true)
  })
})

describe('Expect: 100-continue', () => {
  const asking = (...fields: Parameters<typeof requestText>[1] & object) =>
    requestText('POST /a', [...fields, ['Expect', '100-continue'], ['Content-Length', '5']])

  it('is answered for a request that passes, and the body then goes on', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(asking(AUTHORIZATION))
    expect(await wire.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    wire.write('hello')
    expect(responseOf(await wire.closed())).toMatchObject({ status: 200, body: 'ok' })
    expect(origin.seen).toMatchObject([{ body: 'hello' }])
    expect(JSON.stringify(origin.seen[0]?.headers)).not.toMatch(/expect/i)
  })

  it('is not answered for one that is refused: its body is never asked for', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(asking())
    const text = await wire.until(/\r\n\r\n\{[\s\S]*\}/)
    expect(text).toMatch(/^HTTP\/1\.1 401 /)
    expect(text).not.toContain('100 Continue')
    expect(origin.seen).toEqual([])
  })

  it('is a 417 for anything else that is expected', async () => {
    const origin = await originThat()
    const { url } = await gateAt(origin.url)
    const response = await exchange(url, requestText('POST /a', [AUTHORIZATION, ['Expect', 'a miracle']], 'hello'))
    expect(response.status).toBe(417)
    expect(origin.seen).toEqual([])
  })
})

describe('a client that goes away', () => {
  it('takes its request to the origin with it', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const { response } = await pair
    const closed = new Promise((resolve) => response.once('close', resolve))
    wire.socket.destroy()
    await closed
    expect(response.writableFinished).toBe(false)
  })

  it('takes it with it half-way through its body', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('POST /a', [AUTHORIZATION, ['Content-Length', '100']]))
    wire.write('half')
    const { request } = await pair
    const aborted = new Promise((resolve) => request.on('error', () => undefined).once('close', resolve))
    wire.socket.destroy()
    await aborted
    expect(request.complete).toBe(false)
  })

  it('takes it with it half-way through the answer', async () => {
    const { origin, pair } = await heldOrigin()
    const { url } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const { response } = await pair
    response.write('first')
    await wire.until(/first/)
    const closed = new Promise((resolve) => response.once('close', resolve))
    wire.socket.destroy()
    await closed
    expect(response.writableFinished).toBe(false)
  })

  it('leaves the gate as it was', async () => {
    const { origin, pair } = await heldOrigin()
    const { url, events } = await gateAt(origin.url)
    const wire = await wireTo(url)
    wire.write(requestText('GET /a', [AUTHORIZATION]))
    const { response } = await pair
    const closed = new Promise((resolve) => response.once('close', resolve))
    wire.socket.destroy()
    await closed
    expect((await exchange(url, requestText('GET /_latchkey/live'))).status).toBe(200)
    expect(events.filter((event) => event.type === 'origin-failed')).toEqual([])
  })
})
