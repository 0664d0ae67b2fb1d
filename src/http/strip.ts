import { carriesToken, holdsCookie, holdsParameter } from '../extract.ts'
import { canonicalHeaderName } from '../lib/header-name.ts'
import { splitTarget } from '../lib/path.ts'
import type { Place } from '../model/credential.ts'
import type { Field } from './hop-by-hop.ts'

/** Gives a field less the credentials that stand in it; nothing where nothing is left. */
export function headerFilter(
  removed: readonly Place[],
  kept: readonly Place[],
): (name: string, canonical: string, value: string) => Field[] {
  const names = (kind: Place['kind']) => removed.filter((place) => place.kind === kind).map((place) => place.name)
  const cookies = names('cookie')
  const subprotocols = names('subprotocol')
  const parameters = names('query')
  const headers = removed.filter((place) => place.kind === 'header')

  return (name, canonical, value) => {
    if (canonical === 'cookie' && cookies.length > 0) {
      return rest(name, value, ';', (pair) => cookies.some((cookie) => holdsCookie(pair, cookie)))
    }
    if (canonical === 'sec-websocket-protocol' && subprotocols.length > 0) {
      return rest(name, value, ',', (offer) => subprotocols.some((each) => carriesToken(offer.trim(), each)))
    }
    // The page that a request comes from may have had the token in its own URL.
    if (
      canonical === 'referer' &&
      value.split(/[?&#]/).some((part) => parameters.some((each) => holdsParameter(part, each)))
    ) {
      return []
    }
    const isCredential = headers.some(
      (place) =>
        canonicalHeaderName(place.name) === canonical &&
        (place.scheme === undefined ? !isKept(canonical, value) : hasScheme(value, place.scheme)),
    )
    return isCredential ? [] : [[name, value]]
  }

  /** A whole value is a credential only where no scheme is read beside it. */
  function isKept(canonical: string, value: string): boolean {
    const schemes = kept.filter((place) => place.kind === 'header' && canonicalHeaderName(place.name) === canonical)
    return !value.includes(',') && schemes.some(({ scheme }) => scheme !== undefined && hasScheme(value, scheme))
  }
}

/** Whether a value holds a credential of the scheme, alone or behind another one. */
function hasScheme(value: string, scheme: string): boolean {
  return value.split(',').some((part) => part.trim().split(/\s/, 1)[0]?.toLowerCase() === scheme)
}

function rest(name: string, value: string, separator: string, isRemoved: (part: string) => boolean): Field[] {
  const parts = value.split(separator)
  const kept = parts.filter((part) => !isRemoved(part))
  if (kept.length === parts.length) return [[name, value]]
  return kept.length === 0 ? [] : [[name, kept.join(separator).trim()]]
}

/** A target less the parameters that hold a credential; every other byte stays. */
export function cleanTarget(target: string, removed: readonly Place[]): string {
  const names = removed.filter((place) => place.kind === 'query').map((place) => place.name)
  const { path, query } = splitTarget(target) ?? { path: target, query: undefined }
  if (query === undefined || names.length === 0) return target
  const pairs = query.split('&')
  const kept = pairs.filter((pair) => !names.some((name) => holdsParameter(pair, name)))
  if (kept.length === pairs.length) return target
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`
}
