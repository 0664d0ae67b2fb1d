import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface StandIn {
  readonly url: string
  /** What arrived: the request line, and the fields as they were sent. */
  readonly arrived: { readonly line: string; readonly rawHeaders: readonly string[] }[]
  close(): void
}

/**
 * Stands in for PraisonAI's API server, which is Python: its answers, as they were measured on the real one. `token`
 * undefined is `PRAISONAI_API_AUTH=disabled`.
 */
export async function standIn(token?: string): Promise<StandIn> {
  const arrived: { line: string; rawHeaders: readonly string[] }[] = []
  const server = createServer((request, response) => {
    arrived.push({ line: `${request.method} ${request.url}`, rawHeaders: request.rawHeaders })
    const [status, content] = answer(request, token)
    response.writeHead(status, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' })
    response.end(content === undefined ? '' : `${JSON.stringify(content)}\n`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, arrived, close: () => void server.close() }
}

function answer(request: IncomingMessage, token: string | undefined): readonly [status: number, content?: unknown] {
  if (request.method === 'OPTIONS') return [200]
  switch (`${request.method} ${request.url}`) {
    case 'GET /health':
      return [200, { service: 'praisonai-api', status: 'ok' }]
    case 'GET /agents':
      return check(request, token) ?? [200, { agent_file: 'agents.yaml', agents: ['default'] }]
    case 'POST /chat':
      return check(request, token) ?? [200, { response: 'hello', status: 'success' }]
    default:
      return [404, { error: 'Not Found' }]
  }
}

/** Takes the first `Bearer ` away, wherever it stands, and compares the rest; what is not ASCII makes Python throw. */
function check({ headers }: IncomingMessage, token: string | undefined): readonly [number, unknown] | undefined {
  if (token === undefined) return undefined
  const shown = (headers.authorization ?? '').replace('Bearer ', '')
  if (/[^\0-\x7f]/.test(shown)) return [500, { error: 'Internal Server Error' }]
  const [a, b] = [Buffer.from(shown), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b) ? undefined : [401, { error: 'Unauthorized' }]
}
