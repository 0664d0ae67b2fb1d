import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { bodyOf } from '../../adapters/node/body.ts'

/** A server that reads each body, and tells what came of it. */
async function reading(patienceMilliseconds?: number): Promise<{ port: number; read: Promise<Uint8Array> }> {
  const server = createServer()
  const read = once(server, 'request').then(async (request) => {
    const [incoming, outgoing] = request as [IncomingMessage, ServerResponse]
    const body = await bodyOf(incoming, outgoing, patienceMilliseconds)
    outgoing.end('read')
    return body
  })
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, read }
}

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nConnection: close\r\n\r\n'

test('a body is read whole', async () => {
  const { port, read } = await reading()
  const socket = connect(port, '127.0.0.1')
  socket.write(`${HEAD}0123456789`)
  expect(new TextDecoder().decode(await read)).toBe('0123456789')
  expect(String(await once(socket, 'data'))).toContain('HTTP/1.1 200')
  socket.destroy()
})

test('who sends a body too slowly loses the connection', async () => {
  const { port, read } = await reading(50)
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  const closed = once(socket, 'close')
  socket.write(`${HEAD}01`)
  await expect(read).rejects.toThrow()
  await closed
  expect(socket.bytesRead).toBe(0)
})
