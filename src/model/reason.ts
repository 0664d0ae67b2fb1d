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

/** What is fixed about a reason. */
export interface ReasonRow {
  readonly status: number
  /** Says what to do, never what was wrong with a secret. */
  readonly title: string
  /** The RFC 6750 (3.1) code for the challenge of the scheme that was presented; absent where it stays bare. */
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope'
}

/** Every way to be refused, one row each and nowhere else. */
export const REASONS: Readonly<Record<Reason, ReasonRow>> = {
  'request-ambiguous': { status: 400, title: 'Send a request that can be read in only one way.' },
  'credential-missing': { status: 401, title: 'Send a token with the request.' },
  'credential-malformed': {
    status: 401,
    error: 'invalid_request',
    title: 'Send exactly one token, in the form that the challenge names.',
  },
  'token-unknown': { status: 401, error: 'invalid_token', title: 'Send a token that this service accepts.' },
  'token-expired': { status: 401, error: 'invalid_token', title: 'Get a new token: this one has expired.' },
  'token-revoked': { status: 401, error: 'invalid_token', title: 'Get a new token: this one was revoked.' },
  'token-not-yet-valid': { status: 401, error: 'invalid_token', title: 'Use this token later: it is not valid yet.' },
  'permission-missing': { status: 403, error: 'insufficient_scope', title: 'Use a token that may do this.' },
  'surface-mismatch': { status: 403, title: 'Use a token that is made for this part of the service.' },
  'credential-not-accepted': { status: 403, title: 'Use a kind of token that this route takes.' },
  'address-refused': { status: 403, title: 'Call from an address that is allowed.' },
  'request-cross-site': { status: 403, title: 'Call from the same site, or send the token in a header.' },
  'transport-insecure': { status: 403, title: 'Use https.' },
  'proxy-untrusted': { status: 403, title: 'Call through the proxy that is configured.' },
  'route-unknown': { status: 403, title: 'Use a path and method that this service offers.' },
  'limit-exceeded': { status: 429, title: 'Wait before the next request.' },
  'origin-unreachable': { status: 502, title: 'Try again: the service behind the gate did not answer.' },
  'origin-timeout': { status: 504, title: 'Try again: the service behind the gate took too long.' },
  'not-configured': { status: 503, title: 'Tell the operator: the gate is not fully configured.' },
  'dependency-unavailable': { status: 503, title: 'Try again: something that the gate needs is unavailable.' },
}
