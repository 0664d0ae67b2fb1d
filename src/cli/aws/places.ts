import type { Place } from '../../model/credential.ts'

/** The header that a place is in; undefined for a query. */
export function headerOf({ kind, name }: Place): string | undefined {
  if (kind === 'cookie') return 'cookie'
  if (kind === 'subprotocol') return 'sec-websocket-protocol'
  return kind === 'header' ? name : undefined
}

/** Places that one identity source holds have one name: two schemes of a header, two cookies. */
export function fieldOf(place: Place): string {
  const header = headerOf(place)
  return header === undefined ? `querystring.${place.name}` : `header.${header}`
}
