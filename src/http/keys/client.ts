/** How a client has shown its key (RFC 6749 2.3.1, RFC 6750 2.1). */
export interface ShownKey {
  readonly token: string
  /** The key's id or name, where it was said. */
  readonly clientId: string | undefined
}

/** `invalid_client`: nothing was shown. `invalid_request`: it was shown twice, or in a way that cannot be read. */
export type NotShown = 'invalid_client' | 'invalid_request'

const SCHEME = /^(basic|bearer) +([^ ]+)$/i

/** Reads the key of a request for a token: from `Authorization`, or from the parameters of its body, and only one of them. */
export function shownKey(authorization: string | undefined, form: ReadonlyMap<string, string>): ShownKey | NotShown {
  const secret = form.get('client_secret')
  const clientId = form.get('client_id')
  if (authorization === undefined) return secret === undefined ? 'invalid_client' : { token: secret, clientId }
  if (secret !== undefined) return 'invalid_request'
  const [, scheme = '', value = ''] = SCHEME.exec(authorization.trim()) ?? []
  if (scheme === '') return 'invalid_client'
  if (scheme.toLowerCase() === 'bearer') return { token: value, clientId }
  const shown = basic(value)
  if (!shown || (clientId !== undefined && clientId !== shown.clientId)) return 'invalid_request'
  return shown
}

/** Both halves are encoded as a form has them, before base64. */
function basic(value: string): ShownKey | undefined {
  try {
    const bytes = Uint8Array.from(atob(value), (character) => character.charCodeAt(0))
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const [, clientId = '', token = ''] = /^([^:]*):(.*)$/s.exec(text) ?? []
    if (token === '') return undefined
    return { token: decoded(token), clientId: decoded(clientId) }
  } catch {
    return undefined
  }
}

function decoded(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '))
}
