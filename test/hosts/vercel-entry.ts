import { apiKey, gatewayKey, jwt, middleware } from '../../adapters/vercel/index.ts'
import type { Document } from '../../src/document.ts'
import { memorySink } from '../../src/sinks/memory.ts'

/** What a test lays into the sandbox for one request, and finds there after it. */
export interface Sandbox {
  /** As JSON, so that nothing of the realm outside gets in. */
  given: string
  written: string
}

interface FetchEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

const sandbox = globalThis as unknown as Sandbox

/** The middleware as it is deployed, but for the clock, the document and the sink. */
addEventListener('fetch', (event) => {
  const { request, respondWith } = event as unknown as FetchEvent
  respondWith.call(event, answer(request))
})

async function answer(request: Request): Promise<Response> {
  const { document, now } = JSON.parse(sandbox.given) as { document: Document; now: number }
  const sink = memorySink()
  const response = await middleware({ document, verifiers: [apiKey, gatewayKey, jwt], sink, now: () => now })(request)
  sandbox.written = JSON.stringify(sink.events)
  return response
}
