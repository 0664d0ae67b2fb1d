import type { Reading } from './build.ts'
import type { Settings, Slot } from './config.ts'
import { rangesOf, slotsOf } from './config.ts'
import { isHost } from './lib/host.ts'
import type { Range } from './lib/ip.ts'
import { isListed, isLoopback, parseAddress } from './lib/ip.ts'
import type { Maybe } from './lib/maybe.ts'
import { after, mapMaybe } from './lib/maybe.ts'
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
  /** The access as a trusted peer tells it: client, scheme and host, where it tells them; ambiguous where it tells two. */
  describedBy(access: Access, absentAddress: string | undefined): Access | Refusal
}

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
  return {
    trusts(access, snapshot) {
      if (!trusted) return false
      if (trusted.addresses && !isListed(access.clientAddress, trusted.addresses)) return false
      if (!trusted.secret) return true
      const [presented, ...more] = access.header(PROXY_SECRET_HEADER)
      if (presented === undefined || more.length > 0) return false
      const accepted = snapshot.valuesOf(trusted.secret, access.at).map((secret) => secret.reveal())
      return after(mapMaybe([presented, ...accepted], digests.fingerprint), ([shown = '', ...fingerprints]) => {
        // Every slot is compared, so that the time does not tell which one matched.
        const equal = fingerprints.filter((each) => digests.equal(each, shown))
        return equal.length > 0
      })
    },

    describedBy(access, absentAddress) {
      const proto = access.header('x-forwarded-proto')
      const host = access.header('x-forwarded-host')
      const forwardedFor = access.header('x-forwarded-for')
      if (proto.length > 1 || host.length > 1) return AMBIGUOUS
      const scheme = proto[0]?.toLowerCase() ?? access.scheme
      if (scheme !== 'http' && scheme !== 'https') return AMBIGUOUS
      if (host[0] !== undefined && !isHost(host[0])) return AMBIGUOUS
      const clientAddress = forwardedFor.length === 0 ? absentAddress : clientOf(forwardedFor)
      // Whoever told the scheme is the one whose connection may have stayed on the machine.
      const loopback = proto.length === 0 ? access.loopback : isLoopback(clientAddress)
      return withFacts(access, { scheme, host: host[0] ?? access.host, clientAddress, loopback })
    },
  }

  /** The right-most entry that is no proxy of ours; where all are, the left-most. */
  function clientOf(values: readonly string[]): string | undefined {
    const entries = values.flatMap((value) => value.split(',')).map(addressOf)
    const listed = trusted?.addresses ?? []
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
  const bare =
    /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^(\d{1,3}(?:\.\d{1,3}){3}):\d{1,5}$/.exec(text)?.[1] ?? text
  return parseAddress(bare) && !bare.includes('%') ? bare : undefined
}

/** What may be told about an access by somebody else than its own bytes. */
type Facts = Pick<Access, 'method' | 'target' | 'scheme' | 'host' | 'clientAddress' | 'loopback'>

/** The same access with other facts; its fields stay those of the request that was received. */
export function withFacts(access: Access, facts: Partial<Facts>): Access {
  const { requestId, at, method, target, scheme, host, clientAddress, loopback } = access
  return {
    ...{ requestId, at, method, target, scheme, host, clientAddress, loopback },
    ...facts,
    header: (name) => access.header(name),
    headerNames: () => access.headerNames(),
  }
}
