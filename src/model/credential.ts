/** A place where credentials are read: one entry of a credential's `from`, interned, so that places compare by identity. */
export interface Place {
  readonly kind: 'header' | 'cookie' | 'query' | 'subprotocol'
  /** The field's, cookie's, parameter's or subprotocol's name; a field's in lower case. */
  readonly name: string
  /** The authentication scheme (RFC 9110 11.1) in lower case; absent where the whole value is the credential. */
  readonly scheme?: string | undefined
}

/** What was shown: a token, and the place where it was found. */
export interface Credential {
  readonly place: Place
  readonly token: string
}

/** A credential with its fingerprint, which is computed once for all verifiers that are asked. */
export interface Shown extends Credential {
  readonly fingerprint: string
}

/** A place in words, for people: `authorization: bearer`, `cookie session`. */
export function placeName(place: Place): string {
  if (place.kind === 'header') return place.scheme === undefined ? place.name : `${place.name}: ${place.scheme}`
  return `${place.kind} ${place.name}`
}
