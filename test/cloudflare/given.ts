import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Document } from '../../src/document.ts'
import type { Binding, Service } from '../hosts/worker-runtime.ts'
import { bundle } from '../hosts/worker-runtime.ts'

export const TOKEN = 'o0mVnJ3hT4hWb2rQ8sYk1uXz5pLd7cEfGaHiKjMnPqR'

/** `/public/*` for everybody, all else for one token, in front of what `ORIGIN` is bound to. */
export const DOCUMENT: Document = {
  origin: { binding: 'ORIGIN', timeoutSeconds: 1 },
  credentials: [{ kind: 'static-token', tokens: { secret: 'TOKEN' }, type: 'full-access' }],
  routes: [{ path: '/public/*', public: true }, { path: '/*' }],
  transport: 'any',
}

const modules = bundle(new URL('../hosts/worker-entry.ts', import.meta.url))

/** The gate as a Worker, with the token bound. */
export async function gate(
  name: string,
  bindings: Readonly<Record<string, Binding>>,
  document?: unknown,
): Promise<Service> {
  return {
    name,
    bundle: await modules,
    bindings: {
      TOKEN: { text: TOKEN },
      TABLE_NOW: { json: 1_780_272_000 },
      TABLE_DOCUMENT: { json: document ?? DOCUMENT },
      ...bindings,
    },
  }
}

/** A server that a test is the origin with. */
export interface TestOrigin {
  readonly url: string
  /** What answers from now on. */
  answer: RequestListener
  stop(): Promise<void>
}

export async function testOrigin(): Promise<TestOrigin> {
  const server = createServer((incoming, outgoing) => origin.answer(incoming, outgoing))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin: TestOrigin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (_, outgoing) => outgoing.end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return origin
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

/** Sends a request with the token to a port. */
export async function send(
  port: number,
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answered> {
  const response = await opened(port, path, { method, headers }, (sent) => sent.end(body))
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode as number, headers: response.headers, body: Buffer.concat(chunks) }
}

/** The same, with the head of the response as soon as it is there. */
export function opened(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> },
  write: (sent: ReturnType<typeof request>) => void,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const all = { Host: 'api.example', Authorization: `Bearer ${TOKEN}`, ...headers }
    const sent = request({ host: '127.0.0.1', port, path, method, headers: all, agent: false }, resolve)
    sent.on('error', reject)
    write(sent)
  })
}
