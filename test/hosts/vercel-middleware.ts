import type { Field } from '../../src/http/hop-by-hop.ts'
import { isLoopbackHost } from '../../src/lib/host.ts'
import { isLoopback } from '../../src/lib/ip.ts'
import type { Received } from './compare.ts'
import type { Vector } from './vector.ts'

/** The field by which middleware lists what goes on. */
const LIST = 'x-middleware-override-headers'
const VALUE_PREFIX = 'x-middleware-request-'
const INTERNAL = /^x-middleware-/

/**
 * What Vercel makes of a middleware's answer: `x-middleware-next` or `-rewrite` lets the request go on, with the listed
 * fields and no others; the rest are fields of the reply.
 */
export function passedOn(response: Response, { request }: Vector): Received | undefined {
  const rewritten = response.headers.get('x-middleware-rewrite')
  if (rewritten === null && response.headers.get('x-middleware-next') !== '1') return undefined
  const names = response.headers.get(LIST)?.split(',') ?? []
  return {
    method: request.method,
    target: rewritten === null ? request.target : targetOf(rewritten, request.host),
    headers: names.map((name): Field => [name, response.headers.get(VALUE_PREFIX + name) ?? '']),
  }
}

/** The fields of the reply that the client gets. */
export function fieldsOf(response: Response): Field[] {
  return Array.from(response.headers).filter(([name]) => !INTERNAL.test(name))
}

/** A rewrite to another host would leave the deployment. */
function targetOf(rewritten: string, host: string): string {
  const { host: to, pathname, search } = new URL(rewritten)
  if (to !== new URL(`https://${host}`).host) throw new Error(`rewritten to another host: ${to}`)
  return pathname + search
}

/** Why a `Request` cannot hold what stands on the wire in a row; undefined: it can. */
export function notAsRequest({ request }: Vector): string | undefined {
  const { method, target, headers, body, host, scheme, address } = request
  if (!target.startsWith('/')) return 'a middleware gets no absolute, authority or asterisk form'
  const url = parsed(`${scheme}://h${target}`)
  if (!url || url.pathname + url.search !== target)
    return 'a URL has no dot segments, backslashes, fragments or raw bytes'
  if (/^(?:connect|trace|track)$/i.test(method)) return 'fetch has no such method'
  if (/^(?:delete|get|head|options|patch|post|put)$/i.test(method) && method !== method.toUpperCase()) {
    return 'fetch writes the common methods in upper case'
  }
  if (body !== undefined && /^(?:GET|HEAD)$/.test(method)) return 'fetch knows no GET or HEAD with a body'
  if (headers.some(([name]) => /^host$/i.test(name))) return 'a middleware gets one Host'
  if (scheme === 'http' && isLoopback(address) !== isLoopbackHost(host)) {
    return 'loopback is told by the host name here, not by the address'
  }
  if (!headers.every(isHeld)) return 'Headers take no such value'
  return undefined
}

/** The same for a runtime that makes the URL's host of the Host field. */
export function notInUrl(vector: Vector): string | undefined {
  const { scheme, host } = vector.request
  if (parsed(`${scheme}://${host}`)?.host !== host) return 'a host that is no host in a URL never gets to a deployment'
  return notAsRequest(vector)
}

function parsed(url: string): URL | undefined {
  return URL.parse(url) ?? undefined
}

/** Whether a field is the same after `Headers` has taken it. */
function isHeld([name, value]: Field): boolean {
  try {
    return new Headers([[name, value]]).get(name) === value
  } catch {
    return false
  }
}
