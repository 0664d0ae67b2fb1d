import type { Reply } from '../respond.ts'

/** Writes a reply as a Fetch `Response`; HEAD has no body (RFC 9110 9.3.2). */
export function toResponse({ status, headers, body }: Reply, method: string): Response {
  const fields = new Headers()
  for (const [name, value] of Object.entries(headers)) for (const each of [value].flat()) fields.append(name, each)
  return new Response(method === 'HEAD' || body === '' ? null : body, { status, headers: fields })
}
