import type { Identity } from '../../src/caller.ts'
import type { Admission, Guard } from '../../src/http/guard.ts'
import { guardOf } from '../../src/http/guard.ts'
import { toResponse } from '../../src/http/to-response.ts'
import type { Access } from '../../src/model/access.ts'
import { withFacts } from '../../src/proxies.ts'
import type { VercelOptions } from './hosted.ts'
import { deferOf, hosted } from './hosted.ts'

/** Guards a handler of Fetch requests: `export const GET = guarded((request, caller) => ...)`. */
export type Guarded = <Given extends Request, More extends readonly unknown[]>(
  handler: (request: Given, caller: Identity, ...more: More) => Response | Promise<Response>,
) => (request: Given, ...more: More) => Promise<Response>

export interface GuardOptions extends VercelOptions {
  /** `basePath` of Next's configuration, which the proxy sees and a handler does not: `/shop`. */
  readonly basePath?: string
}

/**
 * The decision of the document inside the handler itself, with or without middleware before it: behind a gate of the same
 * document that signs identities the caller is known by these.
 */
export function guard(options: GuardOptions): Guarded {
  const { basePath = '' } = options
  const host = hosted<Guard>(options, { make: guardOf })

  /** The request as it was sent, whatever the framework took off its path. */
  function accessOf(request: Request): Access {
    const access = host.access(request)
    return basePath === '' ? access : withFacts(access, { target: basePath + access.target })
  }

  async function admission(request: Request): Promise<Admission | Response> {
    try {
      return await (await host.made()).admit(accessOf(request), deferOf(undefined))
    } catch (error) {
      if (isOfFramework(error)) throw error
      return host.failed(error)
    }
  }

  return (handler) =>
    async function guarded(request, ...more) {
      const admitted = await admission(request)
      if (admitted instanceof Response) return admitted
      if (admitted.reply) return toResponse(admitted.reply, request.method)
      // What the handler itself throws is the framework's.
      return told(await handler(request, admitted.caller, ...more), admitted)
    }
}

/** Next stops a build from running a handler ahead of requests by an error of its own, told by its `digest`. */
function isOfFramework(error: unknown): boolean {
  return typeof Object(error).digest === 'string'
}

/**
 * A handler's answer, and what the gate has to say in it, unless a gate before has said it: what needed a credential is kept
 * by no shared cache. What is no answer, but an error, is the framework's.
 */
function told(answer: Response, { caller, fields }: Extract<Admission, { caller: Identity }>): Response {
  if (fields.length === 0 || !(answer instanceof Response) || answer.type === 'error') return answer
  const isPrivate = caller.kind !== 'anonymous' && !answer.headers.has('Cache-Control')
  const more = isPrivate ? [...fields, ['Cache-Control', 'private'] as const] : fields
  const headers = new Headers(answer.headers)
  for (const [name, value] of more) headers.set(name, value)
  const { status, statusText, body } = answer
  return new Response(body, { status, statusText, headers })
}
