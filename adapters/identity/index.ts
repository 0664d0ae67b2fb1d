import type { MiddlewareHandler } from 'hono'
import type { Identity } from '../../src/caller.ts'
import type { Shown, Unproved } from '../../src/identity-proof.ts'
import { isUnproved } from '../../src/identity-proof.ts'
import { REASONS } from '../../src/model/reason.ts'
import type { IdentityOptions } from './proof.ts'
import { prover } from './proof.ts'
import type { LambdaEvent, NodeRequest } from './request.ts'
import { shownBy, shownByEvent, shownByNode } from './request.ts'

export type { Identity } from '../../src/caller.ts'
export type { Unproved } from '../../src/identity-proof.ts'
export type { IdentityKeys, IdentityOptions } from './proof.ts'
export type { LambdaEvent, NodeRequest } from './request.ts'

/** What is used of a response of Express, and of Node itself. */
export interface NodeResponse {
  statusCode: number
  setHeader(name: string, value: string): unknown
  end(body: string): unknown
}

/** What a Lambda function answers where a request is refused: function URLs, API Gateway and load balancers read it alike. */
export interface LambdaRefusal {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Takes only requests that passed the gate, in one line of each framework. */
export interface RequireIdentity<Claims> {
  /** `app.use(identity.hono)`, then `c.var.identity`. */
  readonly hono: MiddlewareHandler<{ Variables: { identity: Identity<Claims> } }>
  /** `app.use(identity.express)`, then `request.identity`, also of Node's own requests. */
  express(
    request: NodeRequest & { identity?: Identity<Claims> },
    response: NodeResponse,
    next: (error?: unknown) => void,
  ): Promise<void>
  /** `export const GET = identity.next((request, identity) => ...)`, and any other handler of Fetch requests. */
  next<Given extends Request, More extends readonly unknown[]>(
    handler: (request: Given, identity: Identity<Claims>, ...more: More) => Response | Promise<Response>,
  ): (request: Given, ...more: More) => Promise<Response>
  /** `export const handler = identity.lambda((event, identity) => ...)`. */
  lambda<Event extends LambdaEvent, More extends readonly unknown[], Answer>(
    handler: (event: Event, identity: Identity<Claims>, ...more: More) => Answer | Promise<Answer>,
  ): (event: Event, ...more: More) => Promise<Answer | LambdaRefusal>
  /** For what has no line above: who called, or why nobody is to be answered. */
  prove(request: Request): Promise<Identity<Claims> | Unproved>
}

/**
 * Verifies the identities that a gate signs, at the origin behind it. Throws a `TypeError` for options by which nothing can
 * be proved.
 */
export function requireIdentity<Claims = Readonly<Record<string, unknown>>>(
  options: IdentityOptions,
): RequireIdentity<Claims> {
  const prove = prover<Claims>(options)
  const { basePath = '' } = options

  async function proved(shown: Shown): Promise<Identity<Claims> | Unproved> {
    const result = await prove(shown)
    if (isUnproved(result)) options.refused?.(result)
    return result
  }

  /** By the path as it was sent, whatever was taken off it. */
  function shownWhole(request: Request): Shown {
    const shown = shownBy(request)
    return { ...shown, target: basePath + shown.target }
  }

  return {
    async hono(c, next) {
      const identity = await proved(shownBy(c.req.raw))
      if (isUnproved(identity)) return responseOf(identity)
      c.set('identity', identity)
      return next()
    },
    async express(request, response, next) {
      const identity = await proved(shownByNode(request))
      if (!isUnproved(identity)) {
        request.identity = identity
        return next()
      }
      const { statusCode, headers, body } = refusalOf(identity)
      response.statusCode = statusCode
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      response.end(body)
    },
    next: (handler) =>
      async function identified(request, ...more) {
        const identity = await proved(shownWhole(request))
        return isUnproved(identity) ? responseOf(identity) : handler(request, identity, ...more)
      },
    lambda: (handler) =>
      async function identified(event, ...more) {
        const identity = await proved(shownByEvent(event))
        return isUnproved(identity) ? refusalOf(identity) : await handler(event, identity, ...more)
      },
    prove: (request) => proved(shownWhole(request)),
  }
}

/** As the gate words its own refusals (RFC 9457); why exactly is nobody's business. */
function refusalOf({ reason }: Unproved): LambdaRefusal {
  const { status: statusCode, title } = REASONS[reason]
  const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' }
  const body = JSON.stringify({ type: `urn:latchkey:reason:${reason}`, title, status: statusCode, reason })
  return { statusCode, headers, body }
}

function responseOf(unproved: Unproved): Response {
  const { statusCode: status, headers, body } = refusalOf(unproved)
  return new Response(body, { status, headers })
}
