import type { Document } from 'latchkey'
import { apiKey, gatewayKey, jwt, middleware } from 'latchkey/vercel'

/** What a test lays into the sandbox for one request, and finds there after it, as JSON. */
const sandbox = globalThis as unknown as { given: string; written: string }

export const config = { runtime: 'edge' }

/** The middleware as it is deployed, but for the clock, the document and the sink. */
export default async function table(request: Request): Promise<Response> {
  const { document, now } = JSON.parse(sandbox.given) as { document: Document; now: number }
  const written: object[] = []
  const sink = { write: (event: object) => void written.push(event) }
  const response = await middleware({ document, verifiers: [apiKey, gatewayKey, jwt], sink, now: () => now })(request)
  sandbox.written = JSON.stringify(written)
  return response
}
