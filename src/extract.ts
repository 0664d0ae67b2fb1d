import { trimOptionalSpace } from './lib/optional-space.ts'
import { decodeUtf8 } from './lib/percent.ts'
import type { Access } from './model/access.ts'
import type { Credential, Place } from './model/credential.ts'
import type { Refusal } from './model/decision.ts'

/** Finds the one credential of an access, or refuses: none, more than one, or one that no place can hold. */
export type Extract = (access: Access, query: string | undefined) => Credential | Refusal

/** Looks at one header, all cookies, one parameter or the subprotocols; undefined where nothing of ours is there. */
type Reader = (access: Access, query: string | undefined) => Credential | Refusal | undefined

/** Visible ASCII but the comma, which joins two header values into one. */
const TOKEN = /^[\x21-\x2b\x2d-\x7e]+$/

/** Compiles the places of a document. A credential at any of them counts, so that two are always noticed. */
export function extractor(places: Iterable<Place>): Extract {
  const all = new Set(places)
  const readers = [...headerReaders(all), ...Array.from(all).flatMap(otherReader)]
  return (access, query) => {
    let found: Credential | undefined
    for (const read of readers) {
      const result = read(access, query)
      if (result === undefined) continue
      if ('reason' in result) return result
      if (found) return malformed(found.place)
      found = result
    }
    return found ?? { reason: 'credential-missing' }
  }
}

function malformed(place: Place | undefined): Refusal {
  return { reason: 'credential-malformed', place }
}

function credential(place: Place, token: string | undefined): Credential | Refusal {
  return token !== undefined && TOKEN.test(token) ? { place, token } : malformed(place)
}

/** All places in one header are read together: the whole value counts only where no listed scheme matches. */
function headerReaders(places: ReadonlySet<Place>): Reader[] {
  const byHeader = new Map<string, Place[]>()
  for (const place of places) {
    if (place.kind === 'header') byHeader.set(place.name, [...(byHeader.get(place.name) ?? []), place])
  }
  return Array.from(byHeader, ([name, ofHeader]) => headerReader(name, ofHeader))
}

function headerReader(name: string, places: readonly Place[]): Reader {
  const bySchemeName = new Map(places.map((place) => [place.scheme, place]))
  const whole = bySchemeName.get(undefined)
  return (access) => {
    const values = access.header(name)
    if (values.length === 0) return undefined
    const value = trimOptionalSpace(values[0] as string)
    // A comma may be two lines that somebody has joined, whatever scheme the first of them has.
    if (values.length > 1 || value.includes(',')) return malformed(firstPlaceIn(values) ?? whole)
    const place = bySchemeName.get(schemeOf(value)) ?? whole
    if (place === undefined || value === '') return undefined
    return credential(place, place === whole ? value : behindScheme(value))
  }

  /** Of several values, the first of a listed scheme: only its challenge may tell the error. */
  function firstPlaceIn(values: readonly string[]): Place | undefined {
    for (const part of values.flatMap((value) => value.split(','))) {
      const place = bySchemeName.get(schemeOf(trimOptionalSpace(part)))
      if (place) return place
    }
    return undefined
  }
}

/** What a value's scheme would be: all before its first space, in lower case (RFC 9110 11.1). */
function schemeOf(value: string): string {
  const end = value.indexOf(' ')
  return (end < 0 ? value : value.slice(0, end)).toLowerCase()
}

/** What follows a scheme and its spaces (RFC 9110 11.4); undefined where nothing does. */
function behindScheme(value: string): string | undefined {
  let start = value.indexOf(' ')
  if (start < 0) return undefined
  while (value.charCodeAt(start) === 0x20) start++
  return value.slice(start)
}

function otherReader(place: Place): Reader[] {
  switch (place.kind) {
    case 'cookie':
      return [cookieReader(place)]
    case 'query':
      return [queryReader(place)]
    case 'subprotocol':
      return [subprotocolReader(place)]
    case 'header':
      return []
  }
}

function cookieReader(place: Place): Reader {
  const prefix = `${place.name}=`
  return (access) => {
    const lines = access.header('cookie')
    if (lines.length === 0) return undefined
    const [pair, ...more] = lines.flatMap((line) => line.split(';')).filter((each) => holdsCookie(each, place.name))
    if (pair === undefined) return undefined
    const value = trimOptionalSpace(pair)
    // Behind a comma, or with a space before its "=", some servers read it and some do not.
    if (more.length > 0 || !value.startsWith(prefix)) return malformed(place)
    return credential(place, value.slice(prefix.length))
  }
}

/** Whether a pair is a cookie to some server, or holds it behind a comma, by which some hosts join cookie lines. */
export function holdsCookie(pair: string, name: string): boolean {
  return pair
    .split(',')
    .some((part) => part.includes('=') && trimOptionalSpace(part.slice(0, part.indexOf('='))) === name)
}

function queryReader(place: Place): Reader {
  return (_, query) => {
    if (query === undefined) return undefined
    const [pair, ...more] = query.split('&').filter((each) => isParameter(each, place.name))
    if (pair === undefined) return undefined
    if (more.length > 0) return malformed(place)
    return credential(place, formDecode(pair.slice(pair.indexOf('=') + 1)))
  }
}

/** Whether a pair of a query holds the parameter to some server: some split at `;` as well. */
export function holdsParameter(pair: string, name: string): boolean {
  return pair.split(';').some((part) => isParameter(part, name))
}

function isParameter(pair: string, name: string): boolean {
  const end = pair.indexOf('=')
  return end >= 0 && formDecode(pair.slice(0, end)) === name
}

function formDecode(text: string): string | undefined {
  return decodeUtf8(text.replaceAll('+', ' '))
}

function subprotocolReader(place: Place): Reader {
  return (access) => {
    const offers = access
      .header('sec-websocket-protocol')
      .flatMap((line) => line.split(','))
      .map(trimOptionalSpace)
    const [offer, ...more] = offers.filter((each) => carriesToken(each, place.name))
    if (offer === undefined) return undefined
    if (more.length > 0) return malformed(place)
    const plain = `${place.name}.token.`
    // The token is all that follows: it may itself hold what stands before it.
    if (offer.startsWith(plain)) return credential(place, offer.slice(plain.length))
    return credential(place, fromBase64Url(offer.slice(`${place.name}.token64.`.length)))
  }
}

/** Whether an offered WebSocket subprotocol is `<name>.token.<token>` or `<name>.token64.<base64url>`. */
export function carriesToken(offer: string, name: string): boolean {
  return offer.startsWith(`${name}.token.`) || offer.startsWith(`${name}.token64.`)
}

/** Decodes canonical, unpadded base64url; undefined for anything else. */
function fromBase64Url(text: string): string | undefined {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return undefined
  try {
    const decoded = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    const again = btoa(decoded).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
    return again === text ? decoded : undefined
  } catch {
    return undefined
  }
}
