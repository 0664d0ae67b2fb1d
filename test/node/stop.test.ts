import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { AUTHORIZATION, gateAt, originThat, tcpOriginThat } from './parts.ts'
import { exchange, requestText, responseOf, valuesOf, wireTo } from './wire.ts'

/** A gate with one request in flight, which the test answers. */
async function gateInFlight(text = requestText('GET /slow', [AUTHORIZATION])) {
  let arrived: (response: ServerResponse) => void
  const answering = new Promise<ServerResponse>((resolve) => {
    arrived = resolve
  })
  const origin = await originThat((request, response) => {
    if (request.url === '/slow') arrived(response)
    else response.end('ok')
  })
  const gate = await gateAt(origin.url)
  const wire = await wireTo(gate.url)
  wire.write(text)
  return { gate, wire, origin, response: await answering }
}

const KEPT_ALIVE = requestText('GET /slow', [AUTHORIZATION]).replace('Connection: close\r\n', '')

describe('a gate that stops', () => {
  it('lets a request in flight finish, and only then is down', async () => {
    const { gate, wire, response } = await gateInFlight()
    let isDown = false
    const closed = gate.close().then(() => {
      isDown = true
    })
    response.write('first')
    await wire.until(/first/)
    expect(isDown).toBe(false)
    response.end('last')
    expect(responseOf(await wire.closed())).toMatchObject({ status: 200, body: 'firstlast' })
    await closed
  })

  it('takes no new connection', async () => {
    const { gate, wire, response } = await gateInFlight()
    const closed = gate.close()
    await expect(exchange(gate.url, requestText('GET /health'))).rejects.toThrow('ECONNREFUSED')
    response.end()
    await Promise.all([closed, wire.closed()])
  })

  it('ends connections that nobody uses', async () => {
    const gate = await gateAt((await originThat()).url)
    const wire = await wireTo(gate.url)
    wire.write('GET /health HTTP/1.1\r\nHost: a.example\r\n\r\n')
    await wire.until(/ok/)
    await gate.close()
    expect(responseOf(await wire.closed()).status).toBe(200)
  })

  it('ends a connection that is kept alive with the answer that it waits for', async () => {
    const { gate, wire, response } = await gateInFlight(KEPT_ALIVE)
    const closed = gate.close()
    response.end('ok')
    const answer = responseOf(await wire.closed())
    expect(answer).toMatchObject({ status: 200, body: 'ok' })
    expect(valuesOf(answer, 'connection')).toEqual(['close'])
    await closed
  })

  it('ends a refusal in the same way', async () => {
    const gate = await gateAt((await originThat()).url)
    const wire = await wireTo(gate.url)
    wire.write('GET /a HTTP/1.1\r\nHost: a.example\r\n')
    const closed = gate.close()
    wire.write('\r\n')
    expect(responseOf(await wire.closed()).status).toBe(401)
    await closed
  })

  it('waits no longer than it is told to', async () => {
    const { gate, wire } = await gateInFlight()
    await gate.close(0.05)
    expect(await wire.closed()).toBe('')
  })

  it('waits no longer for a WebSocket either', async () => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'
    const gate = await gateAt(await tcpOriginThat((socket) => socket.once('data', () => void socket.write(switched))))
    const wire = await wireTo(gate.url)
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'
    wire.write(requestText('GET /a', [AUTHORIZATION]).replace('Connection: close\r\n', upgrade))
    await wire.until(/101 Switching/)
    await gate.close(0.05)
    expect(responseOf(await wire.closed()).status).toBe(101)
  })

  it('ends a request that is still being written', async () => {
    const gate = await gateAt((await originThat()).url)
    const wire = await wireTo(gate.url)
    wire.write('GET /a HTTP/1.1\r\nHost: a.example\r\n')
    await gate.close(0.05)
    expect(await wire.closed()).toBe('')
  })

  it('ends a connection that is kept alive behind an answer that has begun', async () => {
    const { gate, wire, response } = await gateInFlight(KEPT_ALIVE)
    response.write('first')
    await wire.until(/first/)
    const closed = gate.close()
    response.end('last')
    expect(responseOf(await wire.closed()).body).toBe('firstlast')
    await closed
  })
})
