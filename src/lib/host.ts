const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\.?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/** Whether a Host field (RFC 9110 7.2) names one host that every reader takes apart alike: a name or address, a port. */
export function isHost(text: string): boolean {
  return text.length <= 261 && HOST.test(text)
}

/** Whether a Host field names the machine itself: `localhost`, `*.localhost` (RFC 6761 6.3), 127.0.0.0/8, `[::1]`. */
export function isLoopbackHost(text: string): boolean {
  const name = text.replace(/:\d{1,5}$/, '').toLowerCase()
  return name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

/** Scheme and authority, and nothing else: a path, a query or a user would be lost on the way to the origin. */
export const ORIGIN_URL: RegExp = /^https?:\/\/[^/?#@\s\\]+\/?$/

/** Whether a text is the URL of an origin. */
export function isOriginUrl(text: string): boolean {
  return ORIGIN_URL.test(text) && URL.canParse(text)
}
