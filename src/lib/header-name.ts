/**
 * A header's name as the most liberal server reads it: lower case, `_` as `-`. CGI and WSGI turn both into the same
 * variable, so a client's `X_Latchkey_Subject` would otherwise arrive as ours.
 */
export function canonicalHeaderName(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}

/** RFC 9110 5.6.2: the characters of a field name, a method, a scheme. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
