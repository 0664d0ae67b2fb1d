/** A reason's code: kebab-case, noun then state. */
export type Reason =
  | 'request-ambiguous'
  | 'credential-missing'
  | 'credential-malformed'
  | 'token-unknown'
  | 'token-expired'
  | 'token-revoked'
  | 'token-not-yet-valid'
  | 'permission-missing'
  | 'surface-mismatch'
  | 'credential-not-accepted'
  | 'address-refused'
  | 'request-cross-site'
  | 'transport-insecure'
  | 'proxy-untrusted'
  | 'route-unknown'
  | 'limit-exceeded'
  | 'origin-unreachable'
  | 'origin-timeout'
  | 'not-configured'
  | 'dependency-unavailable'

/** How a reason is told. */
interface ReasonWording {
  /** Says what to do, never what was wrong with a secret. */
  readonly title: string
  /** The RFC 6750 (3.1) code for the challenge of the scheme that was presented; absent where it stays bare. */
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
}

/** What is fixed about a reason. */
export interface ReasonRow extends ReasonWording {
  readonly status: number
}

/** The status of every reason: all that a host needs to know that words no reply itself. */
export const STATUSES: Readonly<Record<Reason, number>> = {
  'request-ambiguous': 400,
  'credential-missing': 401,
  'credential-malformed': 401,
  'token-unknown': 401,
  'token-expired': 401,
  'token-revoked': 401,
  'token-not-yet-valid': 401,
  'permission-missing': 403,
  'surface-mismatch': 403,
  'credential-not-accepted': 403,
  'address-refused': 403,
  'request-cross-site': 403,
  'transport-insecure': 403,
  'proxy-untrusted': 403,
  'route-unknown': 403,
  'limit-exceeded': 429,
  'origin-unreachable': 502,
  'origin-timeout': 504,
  'not-configured': 503,
  'dependency-unavailable': 503,
}

/** Every way to be refused. */
export const REASONS: Readonly<Record<Reason, ReasonRow>> = /* @__PURE__ */ withStatuses({
  'request-ambiguous': { title: 'Send a request that can be read in only one way.' },
  'credential-missing': { title: 'Send a token with the request.' },
  'credential-malformed': {
    error: 'invalid_request',
    title: 'Send exactly one token, in the form that the challenge names.',
  },
  'token-unknown': { error: 'invalid_token', title: 'Send a token that this service accepts.' },
  'token-expired': { error: 'invalid_token', title: 'Get a new token: this one has expired.' },
  'token-revoked': { error: 'invalid_token', title: 'Get a new token: this one was revoked.' },
  'token-not-yet-valid': { error: 'invalid_token', title: 'Use this token later: it is not valid yet.' },
  'permission-missing': { error: 'insufficient_scope', title: 'Use a token that may do this.' },
  'surface-mismatch': { title: 'Use a token that is made for this part of the service.' },
  'credential-not-accepted': { title: 'Use a kind of token that this route takes.' },
  'address-refused': { title: 'Call from an address that is allowed.' },
  'request-cross-site': { title: 'Call from the same site, or send the token in a header.' },
  'transport-insecure': { title: 'Use https.' },
  'proxy-untrusted': { title: 'Call through the proxy that is configured.' },
  'route-unknown': { title: 'Use a path and method that this service offers.' },
  'limit-exceeded': { title: 'Wait before the next request.' },
  'origin-unreachable': { title: 'Try again: the service behind the gate did not answer.' },
  'origin-timeout': { title: 'Try again: the service behind the gate took too long.' },
  'not-configured': { title: 'Tell the operator: the gate is not fully configured.' },
  'dependency-unavailable': { title: 'Try again: something that the gate needs is unavailable.' },
})

function withStatuses(wordings: Readonly<Record<Reason, ReasonWording>>): Readonly<Record<Reason, ReasonRow>> {
  const rows = Object.entries(wordings).map(([reason, wording]) => [
    reason,
    { status: STATUSES[reason as Reason], ...wording },
  ])
  return Object.fromEntries(rows)
}
