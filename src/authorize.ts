import type { Settings } from './config.ts'
import type { Endpoints } from './endpoints.ts'
import type { Extract } from './extract.ts'
import { isListed } from './lib/ip.ts'
import type { Maybe } from './lib/maybe.ts'
import { after } from './lib/maybe.ts'
import type { Access } from './model/access.ts'
import type { Credential, Place, Shown } from './model/credential.ts'
import type { Decision, Match, Notice, Refusal } from './model/decision.ts'
import { isRefusal } from './model/decision.ts'
import type { Attempt, Defer, Digests, NamedPolicy } from './model/ports.ts'
import type { Principal } from './model/principal.ts'
import { STATUSES } from './model/reason.ts'
import type { FindMatch } from './routes.ts'
import type { Snapshot } from './snapshot.ts'

/** A step of a decision, for `explain`: what was found in it, or what refused. Holds no credential. */
export interface Step {
  readonly step: 'route' | 'address' | 'passage' | 'transport' | 'credential' | 'verify' | 'policy'
  readonly match?: Match
  readonly place?: Place
  readonly principal?: Principal
  /** The name of a policy that did not object. */
  readonly policy?: string
  readonly refusal?: Refusal
}

export type Trace = (step: Step) => void

/** Decides about an access that has already been read through the proxies it came by. */
export type Authorize = (access: Access, snapshot: Snapshot, options: Options) => Maybe<Decision>

export interface Options {
  /** Latchkey's own endpoints, where the decision is used by a host that answers them. */
  readonly endpoints?: Endpoints | undefined
  readonly trace?: Trace | undefined
  /** Keeps work alive that the reply does not wait for. */
  readonly defer: Defer
}

/** The flow's parts, compiled from a document. */
export interface Parts {
  readonly settings: Settings
  readonly findMatch: FindMatch
  readonly extract: Extract
  readonly policies: readonly NamedPolicy[]
  readonly digests: Digests
}

/** The flow: what is refused here, and in which order, is the same on every host. */
export function authorizer({ settings, findMatch, extract, policies, digests }: Parts): Authorize {
  return (access, snapshot, { endpoints, trace, defer }) => {
    const found = findMatch(access, endpoints)
    const match = isRefusal(found) ? undefined : found
    if (isRefusal(found) && found.reason === 'request-ambiguous') return deny('route', found)
    if (!isOpenToAll(match) && isAddressRefused(access)) return deny('address', { reason: 'address-refused' })
    if (isRefusal(found)) return deny('route', found)
    trace?.({ step: 'route', match: found })

    if (found.passage === 'public' || found.passage === 'preflight') return anonymous(found)
    if (isInsecure(access)) return deny('transport', { reason: 'transport-insecure' })
    const credential = extract(access, found.query)
    if (isRefusal(credential)) {
      const isOptional = found.passage === 'optional' && credential.reason === 'credential-missing'
      return isOptional ? anonymous(found) : deny('credential', credential)
    }

    const { place } = credential
    trace?.({ step: 'credential', place })
    return after(prove(credential, access, snapshot, digests, defer), (proved) => {
      if (isRefusal(proved)) return deny('verify', { ...proved, place }, proved.principal)
      trace?.({ step: 'verify', principal: proved })
      let notices: Notice[] | undefined
      const notice = (each: Notice) => void (notices ??= []).push(each)
      return after(firstObjection({ principal: proved, access, match: found, place, notice }, 0), (objection) =>
        objection
          ? deny('policy', { ...objection, place }, proved)
          : { allow: true, principal: proved, match: found, place, notices },
      )
    })

    function anonymous(match: Match): Decision {
      trace?.({ step: 'passage', match })
      return { allow: true, principal: 'anonymous', match, place: undefined }
    }

    function deny(step: Step['step'], refusal: Refusal, principal?: Principal): Decision {
      trace?.({ step, refusal })
      return { allow: false, refusal, principal, match }
    }

    function firstObjection(attempt: Attempt, place: number): Maybe<Refusal | undefined> {
      const next = policies[place]
      if (!next) return undefined
      return after(next.policy(attempt), (objection) => {
        if (objection) return objection
        trace?.({ step: 'policy', policy: next.name })
        return firstObjection(attempt, place + 1)
      })
    }
  }

  function isAddressRefused(access: Access): boolean {
    return settings.addresses !== undefined && !isListed(access.clientAddress, settings.addresses)
  }

  function isInsecure(access: Access): boolean {
    return settings.transport === 'https' && access.scheme === 'http' && !access.loopback
  }
}

/** Load balancers and orchestrators probe from addresses that no list names. */
function isOpenToAll(match: Match | undefined): boolean {
  return match?.endpoint === 'live' || match?.endpoint === 'health'
}

/** Whose a credential is, or why nobody's. */
export function prove(
  { place, token }: Credential,
  access: Access,
  snapshot: Snapshot,
  digests: Digests,
  defer: Defer,
): Maybe<Principal | Refusal> {
  return after(digests.fingerprint(token), (fingerprint) =>
    verify({ place, token, fingerprint }, access, snapshot, defer),
  )
}

/**
 * Asks the verifiers of the place in turn: a token belongs to the one that proves it. Where none does, one that could not
 * tell is the better explanation, and so is a credential that is read here and has no value.
 */
function verify(credential: Shown, access: Access, snapshot: Snapshot, defer: Defer): Maybe<Principal | Refusal> {
  const verifiers = snapshot.verifiersAt(credential.place)
  let unsure: Refusal | undefined
  let detail: string | undefined
  return ask(0)

  function unproved(newer: Snapshot | undefined): Maybe<Principal | Refusal> {
    if (newer) return verify(credential, access, newer, defer)
    return { reason: snapshot.gapAt(credential.place) ?? 'token-unknown', detail }
  }

  function ask(place: number): Maybe<Principal | Refusal> {
    const next = verifiers[place]
    if (!next) return unsure ?? after(snapshot.newer?.(access.at, defer), unproved)
    return after(next.verifier.verify(credential, access, defer), (outcome) => {
      if (outcome && !isRefusal(outcome)) return outcome
      if (outcome?.reason === 'token-unknown') detail = detail ? `${detail}; ${outcome.detail}` : outcome.detail
      else if (outcome && STATUSES[outcome.reason] < 503) return outcome
      else unsure ??= outcome
      return ask(place + 1)
    })
  }
}
