import type { Judgement, Question, Reading } from '../build.ts'
import type { Settings } from '../config.ts'
import { identityHeaders, REQUEST_ID_HEADER } from '../identity.ts'
import { IDENTITY_HEADER } from '../identity-token.ts'
import { TOKEN } from '../lib/header-name.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import { splitTarget } from '../lib/path.ts'
import type { Access } from '../model/access.ts'
import type { Allowed, Denied, Refusal } from '../model/decision.ts'
import { isRefusal } from '../model/decision.ts'
import type { Defer } from '../model/ports.ts'
import type { Principal } from '../model/principal.ts'
import type { Described, Proxies } from '../proxies.ts'
import type { Reply, Responder } from '../respond.ts'

/**
 * Forward-auth: a reverse proxy asks, by a request of its own, what is to be decided about another one. How it describes
 * that one is its dialect: nginx sends `X-Original-URI` and `-Method`, Traefik and Caddy `X-Forwarded-Uri` and `-Method`,
 * Envoy puts the path behind ours. Exactly one may speak.
 */

/** Answers a proxy that asks. */
export type Verify = (access: Access, defer: Defer) => Maybe<Reply>

/** What forward-auth stands on. */
export interface Verifying {
  readonly settings: Settings
  readonly proxies: Proxies
  readonly responder: Responder
  judge(read: Reading, access: Access, question: Question): Maybe<Judgement>
}

export function forwardAuth({ settings, proxies, responder, judge }: Verifying): Verify {
  const read = described(settings, proxies)
  return (access, defer) =>
    after(judge(read, access, { defer }), (judgement) => {
      const { decision } = judgement
      if (decision.allow) return verifyAllowed(judgement, decision)
      return verifyRefused(decision, judgement.access, settings, responder)
    })
}

/** Reads the request that is described. The peer is judged first: a stranger may describe nothing. */
function described(settings: Settings, proxies: Proxies): Reading {
  return (access, snapshot) =>
    after(proxies.trusts(access, snapshot), (isTrusted): Access | Refusal => {
      if (!isTrusted) return { reason: 'proxy-untrusted' }
      const description = describe(access, settings)
      if (isRefusal(description)) return description
      return proxies.describedBy(access, undefined, description)
    })
}

type DialectName = NonNullable<NonNullable<Settings['document']['proxies']>['dialect']>

/** By which fields a dialect tells path and method. */
const FIELDS = {
  original: ['x-original-uri', 'x-original-method'],
  forwarded: ['x-forwarded-uri', 'x-forwarded-method'],
} as const

const AMBIGUOUS: Refusal = { reason: 'request-ambiguous' }

function describe(access: Access, settings: Settings): Described | Refusal {
  const dialect = settings.document.proxies?.dialect ?? onlySpoken()
  if (dialect === undefined) return AMBIGUOUS
  if (dialect === 'envoy') {
    const target = access.target.slice(`${settings.base}/verify`.length)
    return target.startsWith('/') ? { method: access.method, target } : AMBIGUOUS
  }
  const uri = access.header(FIELDS[dialect][0])
  const method = access.header(FIELDS[dialect][1])
  if (uri.length !== 1 || method.length !== 1 || !TOKEN.test(method[0] as string)) return AMBIGUOUS
  return { method: method[0] as string, target: uri[0] as string }

  function onlySpoken(): DialectName | undefined {
    const spoken = (['original', 'forwarded', 'envoy'] as const).filter((name) => isSpoken(name))
    return spoken.length === 1 ? spoken[0] : undefined
  }

  function isSpoken(name: DialectName): boolean {
    if (name === 'envoy') return splitTarget(access.target)?.path !== `${settings.base}/verify`
    return FIELDS[name].some((field) => access.header(field).length > 0)
  }
}

/**
 * The answer that lets the proxy go on, with everything that it is to copy: the signed identity too where nothing is signed,
 * as a client's own copy goes only where there is another one.
 */
function verifyAllowed({ access }: Judgement, { principal, identity = '' }: Allowed): Reply {
  const own = { [REQUEST_ID_HEADER]: access.requestId, [IDENTITY_HEADER]: identity, 'Cache-Control': 'no-store' }
  return { status: 200, headers: { ...fieldsOfCaller(principal), ...own }, body: '' }
}

type Fields = Readonly<Record<string, string>>

const NOBODY: Fields = Object.fromEntries(identityHeaders('anonymous', ''))
const fieldsOfCallers = new WeakMap<Principal, Fields>()

/** Who called; made once for each, as callers come back. */
function fieldsOfCaller(principal: Allowed['principal']): Fields {
  if (principal === 'anonymous') return NOBODY
  let fields = fieldsOfCallers.get(principal)
  if (!fields) {
    fields = Object.fromEntries(identityHeaders(principal, ''))
    fieldsOfCallers.set(principal, fields)
  }
  return fields
}

/**
 * The answer that stops it: never 2xx, whatever the caller speaks. nginx makes a 500 of all but 401 and 403, so for it
 * every other refusal is a 403 that names its reason.
 */
function verifyRefused(denied: Denied, received: Access, settings: Settings, responder: Responder): Reply {
  const reply = responder.refuse(denied, received)
  // Challenges in one line (RFC 9110 5.3), as nginx passes no second one on.
  const lines = Object.entries(reply.headers).map(([name, value]) => [name, [value].flat().join(', ')] as const)
  const headers = { ...Object.fromEntries(lines), 'X-Latchkey-Reason': denied.refusal.reason }
  const isForNginx = settings.document.proxies?.dialect === 'original' || hasOriginalField(received)
  return { ...reply, headers, status: isForNginx && reply.status !== 401 ? 403 : reply.status }
}

function hasOriginalField(access: Access): boolean {
  for (const name of access.headerNames()) if (name.toLowerCase().startsWith('x-original-')) return true
  return false
}
