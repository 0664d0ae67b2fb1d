import type { Latchkey } from '../../src/build.ts'
import { bodyOf } from '../../src/http/asked.ts'
import type { Gate } from '../../src/http/gate.ts'
import { gate as gateOf } from '../../src/http/gate.ts'
import { toResponse } from '../../src/http/to-response.ts'
import { isUnder } from '../../src/lib/path.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Behind } from './behind.ts'
import { cleaned, rewrittenPaths, together } from './behind.ts'
import type { Hosted, MiddlewareContext, VercelOptions } from './hosted.ts'
import { deferOf, hosted } from './hosted.ts'
import { isNext } from './next-request.ts'
import type { Pass, Passing } from './pass.ts'
import { handOn, passer, unjudged } from './pass.ts'
import { scopeOf } from './scope.ts'
import { isOnVercel, variables } from './variables.ts'

export interface ScopedOptions extends VercelOptions {
  /**
   * The paths that are judged, by prefixes of whole segments: `/api`, or `['/api', '/admin']`. Every other one passes
   * unjudged, its identity fields emptied. A protected route that lies elsewhere is a fault, but for a last `/*`.
   */
  readonly scope?: string | readonly string[] | undefined
}

/** Middleware for Vercel's Routing Middleware (`middleware.ts`) and for Next 16 (`proxy.ts`, exported as `proxy`). */
export type Middleware = (request: Request, context?: MiddlewareContext) => Promise<Response>

/** Judges a request before a deployment; what passes goes on, by `behind` where that is given. */
export type Handle = <Given extends Request>(
  request: Given,
  behind?: Behind<Given>,
  context?: MiddlewareContext,
) => Promise<Response>

interface Built {
  readonly gate: Gate
  readonly pass: Pass
}

/** The gate as middleware: what it allows goes on in the same deployment, all else is answered here. */
export function handleOf(options: ScopedOptions): Handle {
  const scope = options.scope === undefined ? undefined : scopeOf(options.scope)
  const host: Hosted<Built> = hosted(options, {
    make(latchkey, management) {
      const gate = gateOf(latchkey, management)
      return { gate, pass: passer(gate, isOnVercel(variables()) ? () => undefined : host.warn) }
    },
    faultsOf: ({ settings }) => scope?.gaps(settings.routes) ?? [],
  })

  /** Without a document nobody knows what is open. */
  function isJudged(path: string, { settings }: Latchkey): boolean {
    return scope === undefined || settings.routes.length === 0 || isUnder(path, settings.base) || scope.covers(path)
  }

  /** What Next has read out of the path counts beside what stands there: it serves the locale's prefix away. */
  function isJudgedRequest(request: Request, latchkey: Latchkey): boolean {
    if (scope === undefined || isJudged(new URL(request.url).pathname, latchkey)) return true
    return isNext(request) && isJudged(request.nextUrl.pathname, latchkey)
  }

  /** What the gate makes of a request that it judges: an answer, or how it goes on. */
  async function judged(
    request: Request,
    { gate, pass }: Built,
    context: MiddlewareContext | undefined,
  ): Promise<Response | Passing> {
    const access = host.access(request)
    const { reply, passed, asked } = await gate.enter(access, deferOf(context))
    if (!passed) return toResponse(reply ?? (await asked(await bodyOf(request))), request.method)
    const passing = pass(request, passed)
    return isRefusal(passing) ? toResponse(gate.refuse(passing, access), request.method) : passing
  }

  async function answer<Given extends Request>(
    request: Given,
    behind: Behind<Given> | undefined,
    context: MiddlewareContext | undefined,
  ): Promise<Response> {
    const built = await host.made()
    const isJudgedHere = isJudgedRequest(request, built.gate.latchkey)
    const passing = isJudgedHere ? await judged(request, built, context) : unjudged(request)
    if (passing instanceof Response) return passing
    if (!behind) return handOn(passing)
    // As it was sent: whoever is behind may change it.
    const sent = { url: new URL(request.url), fields: new Headers(request.headers) }
    const nextUrl = isNext(request) ? request.nextUrl.clone?.() : undefined
    const answer = together(await behind(cleaned(request, passing)), sent, passing)
    const paths = isJudgedHere ? [] : rewrittenPaths(answer, sent.url, nextUrl)
    if (!paths.some((path) => isJudged(path, built.gate.latchkey))) return answer
    // Whoever is not judged here must not be sent to where he would be.
    host.warn(SENT_INTO_SCOPE)
    return toResponse(built.gate.refuse({ reason: 'route-unknown' }, host.access(request)), request.method)
  }

  return async function latchkey(request, behind, context) {
    try {
      return await answer(request, behind, context)
    } catch (error) {
      return host.failed(error)
    }
  }
}

const SENT_INTO_SCOPE =
  'a rewrite of a path that is not judged, to one that is, was refused: put the first one into the scope'
