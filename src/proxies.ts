import type { Reading } from './build.ts'
import type { Settings, Slot } from './config.ts'
import { rangesOf, slotsOf } from './config.ts'
import { isHost } from './lib/host.ts'
import type { Range } from './lib/ip.ts'
import { isListed, isLoopback, parseAddress } from './lib/ip.ts'
import type { Maybe } from './lib/maybe.ts'
import { after, mapMaybe } from './lib/maybe.ts'
import type { Secret } from './lib/secret.ts'
import type { Access } from './model/access.ts'
import type { Refusal } from './model/decision.ts'
import type { Digests } from './model/ports.ts'
import type { Snapshot } from './snapshot.ts'

/** The field in which a proxy presents its secret. It never goes on to the origin. */
export const PROXY_SECRET_HEADER = 'x-latchkey-proxy-secret'

/** Who may say things about a request, and what is believed. */
export interface Proxies {
  /** Whether the peer is a configured proxy: every configured condition holds. Nobody is, by default. */
  trusts(access: Access, snapshot: Snapshot): Maybe<boolean>
  /**
   * The access as a trusted peer tells it: client, scheme and host, where it tells them; ambiguous where it tells two.
   * `more` is what it tells besides.
   */
  describedBy(access: Access, absentAddress: string | undefined, more?: Described): Access | Refusal
}

/** What a proxy asks about, where that is not the request by which it asks. */
export type Described = Pick<Access, 'method' | 'target'>

/** Whose forwarded headers are believed: only hosts that stand behind proxies read it. */
export interface ProxySettings {
  readonly secret: readonly Slot[] | undefined
  readonly addresses: readonly Range[] | undefined
}

/** What a document says of proxies; undefined: nobody is believed. */
export function proxySettings({ document: { proxies } }: Settings): ProxySettings | undefined {
  return (
    proxies && {
      secret: proxies.secret && slotsOf(proxies.secret),
      addresses: proxies.addresses && rangesOf(proxies.addresses),
    }
  )
}

const AMBIGUOUS: Refusal = { reason: 'request-ambiguous' }

export function proxies(settings: Settings, digests: Digests): Proxies {
  const trusted = proxySettings(settings)
  const fingerprints = new WeakMap<Secret, string>()

  /** Of a secret that a snapshot holds: it is made once. */
  function fingerprintOf(secret: Secret): Maybe<string> {
    const known = fingerprints.get(secret)
    if (known !== undefined) return known
    return after(digests.fingerprint(secret.reveal()), (made) => {
      fingerprints.set(secret, made)
      return made
    })
  }

  return {
    trusts(access, snapshot) {
      if (!trusted) return false
      if (trusted.addresses && !isListed(access.clientAddress, trusted.addresses)) return false
      if (!trusted.secret) return true
      const presented = access.header(PROXY_SECRET_HEADER)
      if (presented.length !== 1) return false
      const accepted = mapMaybe(snapshot.valuesOf(trusted.secret, access.at), fingerprintOf)
      return after(digests.fingerprint(presented[0] as string), (shown) =>
        after(accepted, (all) => {
          // Every slot is compared, so that the time does not tell which one matched.
          const equal = all.filter((each) => digests.equal(each, shown))
          return equal.length > 0
        }),
      )
    },

    describedBy(access, absentAddress, more) {
      const proto = access.header('x-forwarded-proto')
      const host = access.header('x-forwarded-host')
      const forwardedFor = access.header('x-forwarded-for')
      if (proto.length > 1 || host.length > 1) return AMBIGUOUS
      const scheme = proto[0]?.toLowerCase() ?? access.scheme
      if (scheme !== 'http' && scheme !== 'https') return AMBIGUOUS
      if (host[0] !== undefined && !isHost(host[0])) return AMBIGUOUS
      const clientAddress = forwardedFor.length === 0 ? absentAddress : clientOf(forwardedFor)
      // Whoever told the scheme is the one whose connection may have stayed on the machine, if that says who the client is. A
      // client far away never is.
      const isTold = forwardedFor.length > 0
      const isNear = proto.length > 0 ? isTold : access.loopback
      const loopback = isNear && (!isTold || isLoopback(clientAddress))
      return withFacts(access, { ...more, scheme, host: host[0] ?? access.host, clientAddress, loopback })
    },
  }

  /** The right-most entry that is no proxy of ours; where all are, the left-most. */
  function clientOf(values: readonly string[]): string | undefined {
    const first = values[0] as string
    if (values.length === 1 && !first.includes(',')) return addressOf(first)
    const listed = trusted?.addresses ?? []
    const entries = values.flatMap((value) => value.split(',')).map(addressOf)
    for (const entry of entries.toReversed()) if (entry === undefined || !isListed(entry, listed)) return entry
    return entries[0]
  }
}

/**
 * The request that a host received, through the proxies that it came by: what a trusted peer says about it counts. A host
 * whose peer is nobody's proxy, such as a Lambda authorizer, judges what it receives.
 */
export function throughProxies(settings: Settings, { trusts, describedBy }: Proxies): Reading {
  if (settings.document.proxies === undefined) return (access) => access
  return (access, snapshot) =>
    after(trusts(access, snapshot), (isTrusted) => (isTrusted ? describedBy(access, access.clientAddress) : access))
}

/** An entry of `X-Forwarded-For`: an address, some proxies add a port; undefined where it is neither. */
function addressOf(entry: string): string | undefined {
  const text = entry.trim()
  const bare = text.includes(':') || text.startsWith('[') ? withoutPort(text) : text
  return parseAddress(bare) && !bare.includes('%') ? bare : undefined
}

function withoutPort(text: string): string {
  return /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text
}

/** What may be told about an access by somebody else than its own bytes. */
type Facts = Pick<Access, 'scheme' | 'host' | 'clientAddress' | 'loopback'> & Described

/** The same access with other facts; its fields stay those of the request that was received. */
export function withFacts(access: Access, facts: Partial<Facts>): Access {
  // What is told need not be found out, and a host may have to look for it.
  const { method = access.method, target = access.target, scheme = access.scheme, host = access.host } = facts
  return {
    requestId: access.requestId,
    at: access.at,
    method,
    target,
    scheme,
    host,
    clientAddress: 'clientAddress' in facts ? facts.clientAddress : access.clientAddress,
    loopback: facts.loopback ?? access.loopback,
    header: (name) => access.header(name),
    headerNames: () => access.headerNames(),
  }
}
