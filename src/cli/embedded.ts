import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Document } from '../document.ts'

/** The variable that holds the token of the embedded default. */
export const EMBEDDED_TOKEN = 'LATCHKEY_TOKEN'

const TOKEN_CREDENTIAL = {
  kind: 'static-token',
  name: 'default',
  tokens: { secret: EMBEDDED_TOKEN },
  type: 'full-access',
} as const

const KEY_CREDENTIAL = {
  kind: 'api-key',
  name: 'keys',
  peppers: [{ version: 1, secret: 'LATCHKEY_PEPPER' }],
  selfRotation: true,
} as const

/** What `serve` runs without a document. */
export interface Embedded {
  readonly isOpen: boolean
  /** Whether `LATCHKEY_TOKEN` counts, set or generated. */
  readonly hasToken: boolean
  /** Whether keys are issued: where a store was named. */
  readonly hasKeys: boolean
}

/** One token, or issued keys, or both, in front of everything but `GET /health`. */
export function embeddedDocument({ isOpen, hasToken, hasKeys }: Embedded): Document {
  return {
    credentials: [...(hasToken ? [{ ...TOKEN_CREDENTIAL }] : []), ...(hasKeys ? [{ ...KEY_CREDENTIAL }] : [])],
    ...(hasKeys && { store: { binding: 'LATCHKEY_STORE' } }),
    routes: isOpen
      ? [{ path: '/*', public: true }]
      : [{ path: '/health', methods: ['GET'], public: true }, { path: '/*' }],
  }
}

/** Whether a value of `LATCHKEY_AUTH` opens the gate: one word only, so that no slip of the pen does. */
export function opensTheGate(value: string | undefined): boolean {
  return value?.trim().toLowerCase() === 'disabled'
}

/** An origin that answers what it received, so that one can see what an origin sees. */
export async function echoOrigin(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method, url, headers } = request
    const body = Buffer.concat(chunks).toString('utf8')
    response.setHeader('Content-Type', 'application/json')
    response.end(`${JSON.stringify({ method, url, headers, body }, null, 2)}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Where the gate in front of it does not start, nothing must keep the process.
  server.unref()
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
