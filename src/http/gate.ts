import type { Judgement, Latchkey, Question, Reading } from '../build.ts'
import { denied } from '../build.ts'
import { ownEndpoints } from '../endpoints.ts'
import { grpcReply, isGrpc } from '../grpc.ts'
import type { Signing } from '../key-sets/signing.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Access } from '../model/access.ts'
import type { Allowed, Denied, Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import { nameOfError } from '../model/store-error.ts'
import { notice } from '../notice.ts'
import { proxies, throughProxies } from '../proxies.ts'
import type { Reply } from '../respond.ts'
import { responder } from '../respond.ts'
import type { Manage, Management } from './asked.ts'
import { answerEndpoint } from './endpoints.ts'
import type { Verify } from './forward-auth.ts'
import type { Identities } from './signed-identity.ts'
import { isVerify } from './verify-path.ts'

/** What becomes of a request: it is answered here, at once or once its body is read, or it passes. */
export type Outcome =
  | { readonly reply: Reply; readonly passed?: undefined; readonly asked?: undefined }
  | {
      readonly passed: { readonly judgement: Judgement; readonly allowed: Allowed }
      readonly reply?: undefined
      readonly asked?: undefined
    }
  | {
      /** Answers what asks for key management, given its body. */
      readonly asked: (body: Uint8Array) => Promise<Reply>
      readonly reply?: undefined
      readonly passed?: undefined
    }

/** The inline gate: judges a request, answers refusals and Latchkey's own endpoints, and lets the rest pass. */
export interface Gate {
  readonly latchkey: Latchkey
  readonly management: Management | undefined
  enter(access: Access, defer: Defer): Maybe<Outcome>
  /** Words a refusal that comes after the decision: an origin that fails. */
  refuse(refusal: Refusal, access: Access): Reply
}

/** `signing`: how identities are signed, where a host knows better than WebCrypto. */
export function gate(latchkey: Latchkey, management?: Management, signing?: () => Promise<Signing>): Gate {
  const { settings } = latchkey
  const metadata = latchkey.equipped?.metadata
  const answers = responder(settings, metadata)
  const endpoints = ownEndpoints(
    settings.base,
    latchkey.equipped?.store && management?.match(settings),
    metadata?.paths,
    settings.document.identity && ['identity/jwks.json'],
  )
  let loaded: Promise<Manage> | undefined
  let identities: Identities | undefined
  const trusted = proxies(settings, latchkey.digests)
  const received = throughProxies(settings, trusted)
  let verify: Verify | undefined

  /** What the origin is promised a signed identity of does not go on without one. */
  function judge(read: Reading, access: Access, question: Question): Maybe<Judgement> {
    const judged = latchkey.judgeWhat(read, access, question)
    return settings.document.identity ? signed(judged) : judged
  }

  async function signed(judged: Maybe<Judgement>): Promise<Judgement> {
    const judgement = await judged
    try {
      identities ??= (await import('./signed-identity.ts')).identities(latchkey, await signing?.())
      return await identities(judgement)
    } catch (error) {
      failed(error, judgement.access)
      return { ...judgement, decision: denied({ reason: 'dependency-unavailable' }) }
    }
  }

  /** gRPC clients read no HTTP status; verify's caller is a proxy, which reads nothing else. */
  function refuseInline(denied: Pick<Denied, 'refusal' | 'match'>, access: Access): Reply {
    const { reason } = denied.refusal
    return isGrpc(access) ? grpcReply(reason, answers.statusOf(reason), access) : answers.refuse(denied, access)
  }

  function outcomeOf(judgement: Judgement, defer: Defer): Outcome {
    const { access, decision } = judgement
    if (!decision.allow) return { reply: refuseInline(decision, access) }
    const { endpoint } = decision.match
    if (endpoint === undefined) return { passed: { judgement, allowed: decision } }
    if (endpoint === 'keys' && management && decision.match.passage !== 'preflight') {
      return { asked: (body) => manage(management, judgement, decision, body, defer) }
    }
    return { reply: answerEndpoint(endpoint, judgement, decision, latchkey, answers) }
  }

  /** What fails is refused like all else; a module that could not be loaded is loaded again by the next request. */
  async function manage(
    { load }: Management,
    judgement: Judgement,
    allowed: Allowed,
    body: Uint8Array,
    defer: Defer,
  ): Promise<Reply> {
    try {
      loaded ??= load(latchkey)
      const reply = await (await loaded)(judgement, allowed, body, defer)
      if (isRefusal(reply)) return answers.refuse({ refusal: reply, match: allowed.match }, judgement.access)
      return { ...reply, headers: withCors(reply.headers, answers.corsHeaders(judgement.access)) }
    } catch (error) {
      loaded = undefined
      failed(error, judgement.access)
      return answers.refuse({ refusal: { reason: 'dependency-unavailable' }, match: undefined }, judgement.access)
    }
  }

  /** The operator is told what did not work; a module that could not be loaded above all. */
  function failed(error: unknown, { requestId }: Access): void {
    notice(latchkey, 'error', `request ${requestId} failed closed: ${nameOfError(error)}`)
  }

  /** Few gates are asked by proxies, so what answers these is loaded by the first one. */
  async function verifyFirst(access: Access, defer: Defer): Promise<Reply> {
    try {
      const { forwardAuth } = await import('./forward-auth.ts')
      verify = forwardAuth({ settings, proxies: trusted, responder: answers, judge })
    } catch (error) {
      failed(error, access)
      return answers.refuse({ refusal: { reason: 'dependency-unavailable' }, match: undefined }, access)
    }
    return verify(access, defer)
  }

  return {
    latchkey,
    management,
    enter(access, defer) {
      if (!isVerify(access.target, settings.base)) {
        return after(judge(received, access, { defer, endpoints }), (judgement) => outcomeOf(judgement, defer))
      }
      return after((verify ?? verifyFirst)(access, defer), (reply) => ({ reply }))
    },
    refuse: (refusal, access) => refuseInline({ refusal, match: undefined }, access),
  }
}

/** Both say what a reply varies by. */
function withCors(headers: Reply['headers'], cors: Record<string, string>): Reply['headers'] {
  const vary = [headers['Vary'] ?? [], cors['Vary'] ?? []].flat().join(', ')
  return { ...headers, ...cors, ...(vary !== '' && { Vary: vary }) }
}
