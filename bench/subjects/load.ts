import { connect } from 'node:net'
import { PATH, PROXY_SECRET, TOKEN, VERIFY } from '../document.ts'

/** What the load generator is told to do, for a bounded time. */
export interface Task {
  readonly port: number
  readonly connections: number
  readonly milliseconds: number
  /** What is asked for: the app's path, or a decision about it, as nginx asks. Default `app`. */
  readonly asks?: Asks
}

export type Asks = 'app' | 'verify'

/** What it did. */
export interface Done {
  readonly requests: number
  readonly milliseconds: number
}

const CLIENT = `Authorization: Bearer ${TOKEN}\r\nUser-Agent: latchkey-bench/1\r\nAccept: */*\r\n`
const DESCRIBED = {
  'X-Original-URI': PATH,
  'X-Original-Method': 'GET',
  'X-Forwarded-For': '192.0.2.7',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Host': 'api.example',
  'X-Latchkey-Proxy-Secret': PROXY_SECRET,
}
const PROXY = Object.entries(DESCRIBED).map(([name, value]) => `${name}: ${value}\r\n`)
const REQUESTS: Readonly<Record<Asks, string>> = {
  app: `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\n${CLIENT}\r\n`,
  verify: `GET ${VERIFY} HTTP/1.1\r\nHost: localhost\r\n${CLIENT}${PROXY.join('')}\r\n`,
}

process.on('message', (task: Task) => {
  run(task).then(
    (done) => process.send?.(done),
    (error) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit())

async function run({ port, connections, milliseconds, asks = 'app' }: Task): Promise<Done> {
  const started = performance.now()
  const rest = awake()
  const counts = await Promise.all(
    Array.from({ length: connections }, () => drive(port, REQUESTS[asks], started + milliseconds)),
  )
  rest()
  return { requests: counts.reduce((sum, count) => sum + count, 0), milliseconds: performance.now() - started }
}

/**
 * Keeps this process from going to sleep, as it would between the answers of the slower of two servers: what the kernel needs
 * to wake it is done by the server that answers, and would be counted as its own.
 */
function awake(): () => void {
  let isOver = false
  const turn = () => {
    if (!isOver) setImmediate(turn)
  }
  turn()
  return () => {
    isOver = true
  }
}

/** One connection that is kept alive, with one request on it at a time. A client that did more would cost more. */
function drive(port: number, request: string, until: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let received = ''
    let requests = 0
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(request))
    socket.setEncoding('latin1')
    socket.on('error', reject)
    socket.on('data', (chunk: string) => {
      received += chunk
      if (!isWhole(received)) return
      if (!received.startsWith('HTTP/1.1 200 ')) return socket.destroy(new Error(received.slice(0, 40)))
      received = ''
      requests++
      if (performance.now() < until) return socket.write(request)
      socket.end()
      return resolve(requests)
    })
  })
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return false
  const length = /content-length: (\d+)/i.exec(received)?.[1]
  if (length === undefined) throw new Error('a response without a length')
  return received.length >= end + 4 + Number(length)
}
