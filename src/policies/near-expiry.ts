import type { Policy } from '../model/ports.ts'

const DAY_SECONDS = 86_400

/**
 * Objects to nothing: tells the holder of a key that ends soon when it does, in epoch seconds, by
 * `X-Latchkey-Key-Expires` in the reply.
 */
export function nearExpiry(credential: string, withinDays: number): Policy {
  const within = withinDays * DAY_SECONDS
  return ({ principal, access, notice }) => {
    if (principal.credential !== credential || principal.expiresAt === undefined) return undefined
    if (principal.expiresAt - access.at <= within)
      notice(['X-Latchkey-Key-Expires', String(Math.floor(principal.expiresAt))])
    return undefined
  }
}
