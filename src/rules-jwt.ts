import { slotsIn } from './config.ts'
import type { CredentialDocument, Document, IdentityDocument, JwtDocument } from './document.ts'
import { isLoopbackHost } from './lib/host.ts'

/** Names that valibot passes over in a record, whatever stands there. */
export const UNREAD_NAMES: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** Takes where a fault lies, below the place that is looked at, and what is allowed there. */
type Report = (below: readonly (string | number)[], message: string) => void

/** What the deployment itself says of its own tokens. */
const OF_OWN_TOKENS = [
  'issuer',
  'audience',
  'algorithms',
  'permissionsClaim',
  'grants',
  'ownerClaim',
  'requireExpiry',
  'types',
  'require',
  'surface',
] as const

/** What ties one place of a jwt credential to another, and to `issuing`. */
export function checkJwt(credential: JwtDocument, { issuing }: Partial<Document>, report: Report): void {
  const { issuer, audience, algorithms, keys, require = {}, grants } = credential
  if ('own' in keys) {
    if (issuing === undefined) report(['keys', 'own'], 'beside "issuing", which says how own tokens are made')
    for (const key of OF_OWN_TOKENS) {
      if (credential[key] !== undefined) report([key], 'nothing: "issuing" says what own tokens hold')
    }
    return
  }
  if (issuer === undefined) report(['issuer'], 'what "iss" is, or null')
  if (audience === undefined) report(['audience'], 'a text, a list of texts, or null')
  if (algorithms === undefined) report(['algorithms'], 'a list of algorithms, such as ["ES256"]')
  if ('discover' in keys && issuer !== undefined && (issuer === null || !isDiscoverable(issuer))) {
    report(['issuer'], 'a URL such as "https://id.example", under which its metadata is found')
  }
  // With both, a public key could be passed off as a secret (RFC 8725 2.1).
  const isShared = 'secret' in keys || Array.isArray(keys)
  for (const [place, algorithm] of (algorithms ?? []).entries()) {
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

/** What ties `issuing` to the credentials. */
export function checkIssuing(credentials: readonly CredentialDocument[], report: Report): void {
  // A list that is empty, or none, is told by itself.
  if (credentials.length === 0 || credentials.some((each) => each?.kind === 'api-key')) return
  report([], 'beside a credential of kind "api-key": tokens are issued for its keys')
}

/** What ties `identity` to all else: no token of another kind may pass for an identity, nor the reverse. */
export function checkIdentity({ identity, ...others }: Partial<Document>, report: Report): void {
  const { algorithm, keys, next } = identity as IdentityDocument
  const taken = new Set(slotsIn(others).map(({ name }) => name))
  for (const [key, place] of [
    ['keys', keys],
    ['next', next],
  ] as const) {
    if (slotsIn(place).some(({ name }) => taken.has(name)))
      report([key], 'secrets that nothing else of the document names')
  }
  if (algorithm === 'HS256' && next) report(['next'], 'nothing: a shared secret is not published')
}

/** Metadata lies beside the issuer, which has no query and no fragment (RFC 8414 2). */
function isDiscoverable(issuer: string): boolean {
  if (!URL.canParse(issuer) || /[?#]/.test(issuer)) return false
  const { protocol, host, username, password } = new URL(issuer)
  if (username !== '' || password !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(host))
}
