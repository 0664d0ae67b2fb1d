import type { Place } from '../../../model/credential.ts'
import { placeName } from '../../../model/credential.ts'
import type { Finding } from '../findings.ts'
import { finding } from '../findings.ts'
import type { Authorizer, Protocol, Source } from '../model.ts'
import { fieldOf, headerOf } from '../places.ts'
import type { Subject } from '../subject.ts'
import { cachingOf, demandedOf, knownSources } from '../subject.ts'

const UNTOLD =
  'AppSync tells no address, and the document has "addresses": every request is refused. Take them out, or use a REST or HTTP API'

/** Holds identity sources against the places where the document reads credentials. */
export function identitySources(subject: Subject): Finding[] {
  const { credentials, addresses } = subject.settings
  const places = [...new Set(credentials.flatMap((credential) => credential.places))]
  const found: Finding[] = []
  for (const [{ protocol }, authorizer] of cachingOf(subject)) found.push(...notInKey(protocol, authorizer))
  for (const { protocol, authorizers } of subject.apis) {
    for (const each of authorizers) {
      if (protocol === 'graphql') {
        if (addresses) found.push(finding(each.line, 'addresses-untold', UNTOLD))
        continue
      }
      found.push(...(each.kind === 'token' ? oneHeader(each) : []), ...demanded(each))
    }
  }
  return found

  /** Two callers whose credentials are not in the key share an answer. */
  function notInKey(protocol: Protocol, authorizer: Authorizer): Finding[] {
    const sources = knownSources(authorizer)
    if (!sources || authorizer.kind === 'token') return []
    const missing = places.filter((place) => !sources.some((source) => holds(source, place)))
    return missing.map((place) => {
      const message = `answers are kept, and no identity source holds ${placeName(place)}, where the document reads ${namesAt(place)}: add ${expressionOf(protocol, place)}, or set ${authorizer.ttl.setting} to 0`
      return finding(authorizer.sources.line, 'credential-not-in-key', message)
    })
  }

  /** Who does not send an identity source is answered 401 by API Gateway. */
  function demanded(authorizer: Authorizer): Finding[] {
    const { line } = authorizer.sources
    const sources = demandedOf(authorizer)
    const isAny = sources.some((source) => places.some((place) => holds(source, place)))
    if (sources.length > 0 && !isAny) {
      const message = `the identity sources are ${textOf(sources)}, and the document reads credentials from ${places.map(placeName).join('; ')}: API Gateway answers 401 to every caller. Name that place${authorizer.kind === 'token' ? '' : ', or none and a TTL of 0'}`
      return [finding(line, 'source-of-no-credential', message)]
    }
    return sources.flatMap((source) => {
      const isPlace = places.some((place) => holds(source, place))
      const without = places.filter((place) => !holds(source, place))
      if (!isPlace) {
        const message = `${source.text} is no place of a credential: API Gateway answers 401 to who does not send it`
        return [finding(line, 'source-beside-credentials', message)]
      }
      // What a TOKEN authorizer cannot see is told once, for it as a whole.
      if (without.length === 0 || authorizer.kind === 'token') return []
      const message = `${source.text} is an identity source, and credentials in ${without.map(placeName).join('; ')} (${without.map(namesAt).join('; ')}) come without it: API Gateway answers them 401. Read all credentials in one place, or name no identity source and a TTL of 0`
      return [finding(line, 'source-not-everywhere', message)]
    })
  }

  function oneHeader({ line }: Authorizer): Finding[] {
    const isOne = places.length === 1 && places[0]?.kind === 'header'
    if (isOne && !addresses) return []
    const why = isOne ? 'reads addresses' : `reads credentials from ${places.map(placeName).join('; ')}`
    const message = `a TOKEN authorizer sees one header and no address, and the document ${why}: every request is 503. Use a REQUEST authorizer`
    return [finding(line, 'token-sees-one-header', message)]
  }

  function namesAt(place: Place): string {
    return credentials.flatMap(({ name, places: own }) => (own.includes(place) ? name : [])).join(', ')
  }
}

function holds(source: Source, place: Place): boolean {
  const header = headerOf(place)
  if (header !== undefined) return source.kind === 'header' && source.name === header
  return source.kind === 'query' && source.name === place.name
}

function expressionOf(protocol: Protocol, place: Place): string {
  return `${protocol === 'rest' ? 'method.request' : '$request'}.${fieldOf(place)}`
}

function textOf(sources: readonly Source[]): string {
  return sources.map(({ text }) => text).join(', ')
}
