import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { runtime } from '../hosts/worker-runtime.ts'
import { DOCUMENT, gate, send, TOKEN } from './given.ts'

const server = createServer((incoming, outgoing) => {
  arrived = incoming.headers
  outgoing.writeHead(426).end('only by WebSocket')
})
const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false })
let workerd: Runtime
let arrived: IncomingHttpHeaders

beforeAll(async () => {
  sockets.on('connection', (socket, incoming) => {
    arrived = incoming.headers
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const ORIGIN = { text: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  const places = [{ header: 'authorization', scheme: 'bearer' }, { subprotocol: 'latchkey' }]
  const [credential] = DOCUMENT.credentials
  workerd = await runtime([
    await gate('gate', { ORIGIN }, { ...DOCUMENT, credentials: [{ ...credential, from: places }] }),
    await gate('service', { ORIGIN: { service: 'echo' } }),
    { name: 'echo', bundle: [{ name: 'echo.js', text: ECHO }], listens: false },
  ])
})

afterAll(async () => {
  await workerd.stop()
  sockets.close()
  server.close()
})

const ECHO = `export default {
  fetch() {
    const [client, server] = Object.values(new WebSocketPair())
    server.accept()
    server.binaryType = 'arraybuffer'
    server.addEventListener('message', ({ data }) => server.send(data))
    return new Response(null, { status: 101, webSocket: client })
  },
}`

function connect(service: string, protocols: readonly string[], headers: Record<string, string>): WebSocket {
  const url = `ws://127.0.0.1:${workerd.portOf(service)}/chat`
  return new WebSocket(url, [...protocols], { headers: { Host: 'api.example', ...headers } })
}

/** What comes back for a text and for bytes; or the status by which the upgrade was refused. */
function echoOf(socket: WebSocket): Promise<readonly string[] | number> {
  return new Promise((resolve, reject) => {
    const messages: string[] = []
    socket.on('open', () => {
      socket.send('text')
      socket.send(Buffer.from([0, 255]))
    })
    socket.on('message', (data, isBinary) => {
      messages.push(isBinary ? (data as Buffer).toString('hex') : String(data))
      if (messages.length === 2) socket.close(1000, 'enough')
    })
    socket.on('close', () => resolve(messages))
    socket.on('unexpected-response', (sent, response) => {
      resolve(response.statusCode as number)
      sent.destroy()
    })
    socket.on('error', reject)
  })
}

it('passes an upgrade with a token in a field, and every message', async () => {
  const socket = connect('gate', ['chat'], { Authorization: `Bearer ${TOKEN}` })
  expect(await echoOf(socket)).toEqual(['text', '00ff'])
  expect(socket.protocol).toBe('chat')
  expect(arrived).toMatchObject({ 'sec-websocket-protocol': 'chat', 'x-latchkey-name': 'static-token' })
  expect(arrived.authorization).toBeUndefined()
})

it('passes an upgrade with a token in the offer, which the origin does not see', async () => {
  const socket = connect('gate', ['chat', `latchkey.token.${TOKEN}`], {})
  expect(await echoOf(socket)).toEqual(['text', '00ff'])
  expect(socket.protocol).toBe('chat')
  expect(arrived['sec-websocket-protocol']).toBe('chat')
})

it('passes an upgrade to a service', async () => {
  expect(await echoOf(connect('service', [], { Authorization: `Bearer ${TOKEN}` }))).toEqual(['text', '00ff'])
})

it('refuses an upgrade without a token', async () => {
  expect(await echoOf(connect('gate', ['chat'], {}))).toBe(401)
})

it('passes no other upgrade', async () => {
  const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
  expect(await send(workerd.portOf('gate'), '/chat', { headers })).toMatchObject({ status: 426 })
  expect(arrived.upgrade).toBeUndefined()
})

it('gives back an answer that is no upgrade', async () => {
  sockets.shouldHandle = () => false
  expect(await echoOf(connect('gate', ['chat'], { Authorization: `Bearer ${TOKEN}` }))).toBe(400)
})
