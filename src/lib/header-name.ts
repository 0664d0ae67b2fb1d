const OTHER = /[^a-z0-9-]/

/**
 * A header's name as the most liberal server reads it: lower case, and `-` for all that is neither letter nor digit. CGI
 * and WSGI make one variable of `X_Latchkey_Subject` and of ours, PHP of `X.Latchkey.Subject`, lighttpd of any such
 * character; a client's copy would otherwise arrive as ours.
 */
export function canonicalHeaderName(name: string): string {
  const lower = name.toLowerCase()
  return OTHER.test(lower) ? lower.replace(/[^a-z0-9-]/g, '-') : lower
}

/** RFC 9110 5.6.2: the characters of a field name, a method, a scheme. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
