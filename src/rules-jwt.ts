import type { JwtDocument } from './document.ts'
import { isLoopbackHost } from './lib/host.ts'

/** Names that valibot passes over in a record, whatever stands there. */
export const UNREAD_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** What ties one place of a jwt credential to another; `report` takes where a fault lies below it, and what is allowed. */
export function checkJwt(
  { issuer, algorithms, keys, require = {}, grants }: JwtDocument,
  report: (below: readonly (string | number)[], message: string) => void,
): void {
  if ('discover' in keys && (issuer === null || !isDiscoverable(issuer))) {
    report(['issuer'], 'a URL such as "https://id.example", under which its metadata is found')
  }
  // With both, a public key could be passed off as a secret (RFC 8725 2.1).
  const isShared = 'secret' in keys || Array.isArray(keys)
  for (const [place, algorithm] of algorithms.entries()) {
    if (algorithm.startsWith('HS') === isShared) continue
    const message = isShared ? '"HS256", "HS384" or "HS512": a secret is shared' : 'an algorithm with public keys'
    report(['algorithms', place], message)
  }
  for (const claim of Object.keys(require)) {
    if (UNREAD_NAMES.has(claim)) report(['require', claim], 'the name of a claim')
  }
  if (typeof require['secret'] === 'string') {
    report(['require', 'secret'], 'a list: one text that is called "secret" is the name of one')
  }
  for (const role of Object.keys(grants?.map ?? {})) {
    if (UNREAD_NAMES.has(role)) report(['grants', 'map', role], 'the name of a role')
  }
}

/** Metadata lies beside the issuer, which has no query and no fragment (RFC 8414 2). */
function isDiscoverable(issuer: string): boolean {
  if (!URL.canParse(issuer) || /[?#]/.test(issuer)) return false
  const { protocol, host, username, password } = new URL(issuer)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host))
}
