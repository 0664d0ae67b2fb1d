/**
 * Takes the optional whitespace off both ends of a field's value: spaces and tabs (RFC 9110 5.6.3), and nothing else.
 * `String.trim` takes a byte 0xA0 too, so that a token and one byte more would pass as the token.
 */
export function trimOptionalSpace(value: string): string {
  let start = 0
  let end = value.length
  while (start < end && isOptionalSpace(value.charCodeAt(start))) start++
  while (end > start && isOptionalSpace(value.charCodeAt(end - 1))) end--
  return end - start === value.length ? value : value.slice(start, end)
}

function isOptionalSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
