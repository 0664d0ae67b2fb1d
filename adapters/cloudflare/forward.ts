import type { Gate, Outcome } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import type { Clean } from '../../src/http/outgoing.ts'
import { cleaner, isWebSocket } from '../../src/http/outgoing.ts'
import { returningFields } from '../../src/http/returning.ts'
import { toResponse } from '../../src/http/to-response.ts'
import type { Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'

/** A binding that requests can be sent to: a service, an mTLS certificate, a VPC service. */
export interface Fetcher {
  fetch(input: string, init: RequestInit): Promise<Response>
}

/** Sends an allowed request to the origin by the runtime's fetch, and cleans what comes back. */
export type Forward = (request: Request, passed: NonNullable<Outcome['passed']>) => Promise<Response>

/** What tells of an origin that failed a request. */
export type Failed = (requestId: string, reason: 'origin-unreachable' | 'origin-timeout') => void

export function forwarder(gate: Gate, bindings: Readonly<Record<string, unknown>>, failed: Failed): Forward {
  const { settings } = gate.latchkey
  const clean: Clean = cleaner(settings)
  const timeoutMilliseconds = (settings.origin?.timeoutSeconds ?? 30) * 1000
  const origin = originOf(settings.origin, bindings)

  return async (request, { judgement, allowed }) => {
    const { access } = judgement
    const refuse = (refusal: Refusal) => toResponse(gate.refuse(refusal, access), request.method)
    const outgoing = clean(request.headers, judgement, allowed)
    if (isRefusal(outgoing)) return refuse(outgoing)
    if (!origin) return refuse({ reason: 'not-configured' })

    const upgrade: Field[] = isWebSocket(access) ? [['Upgrade', 'websocket']] : []
    const headers = new Headers()
    for (const [name, value] of [...outgoing.fields, ...upgrade]) headers.append(name, value)
    const base = origin.url ?? `${access.scheme}://${access.host}`
    const head = new AbortController()
    const timer = setTimeout(() => head.abort(), timeoutMilliseconds)
    try {
      const response = await origin.fetch(base + outgoing.target, {
        method: access.method,
        headers,
        body: request.body,
        redirect: 'manual',
        signal: head.signal,
        // What one caller may see must not be another one's cached copy.
        ...(allowed.principal !== 'anonymous' && { cache: 'no-store' }),
      })
      return response.status === 101 ? response : giveBack(response, returningFields(response.headers, access, allowed))
    } catch {
      const reason = head.signal.aborted ? 'origin-timeout' : 'origin-unreachable'
      failed(access.requestId, reason)
      return refuse({ reason })
    } finally {
      clearTimeout(timer)
    }
  }
}

interface WorkerOrigin {
  readonly url: string | undefined
  fetch(url: string, init: RequestInit): Promise<Response>
}

function originOf(
  origin: Gate['latchkey']['settings']['origin'],
  bindings: Readonly<Record<string, unknown>>,
): WorkerOrigin | undefined {
  const throughRuntime = (url: string | undefined): WorkerOrigin => ({ url, fetch: (to, init) => fetch(to, init) })
  const binding = origin?.binding === undefined ? undefined : bindings[origin.binding]
  if (isFetcher(binding)) return { url: origin?.url, fetch: (to, init) => binding.fetch(to, init) }
  if (typeof binding === 'string' && binding !== '') return throughRuntime(binding.replace(/\/$/, ''))
  if (origin?.zone) return throughRuntime(undefined)
  return origin?.url === undefined ? undefined : throughRuntime(origin.url)
}

function isFetcher(binding: unknown): binding is Fetcher {
  return typeof binding === 'object' && binding !== null && 'fetch' in binding && typeof binding.fetch === 'function'
}

/** The same response with other headers: made from the original, so that the runtime passes its bytes on untouched. */
function giveBack(response: Response, fields: readonly Field[]): Response {
  const given = new Response(response.body, response)
  for (const name of [...given.headers.keys()]) if (name !== 'set-cookie') given.headers.delete(name)
  for (const [name, value] of fields) if (name !== 'set-cookie') given.headers.append(name, value)
  return given
}
