/** Seconds since 1970-01-01T00:00:00Z (RFC 7519 NumericDate), fractions allowed. A thing is valid while `at < expires`. */
export type EpochSeconds = number

/**
 * What is attempted: plain data, so that a Lambda event, a forward-auth sub-request and an HTTP request are judged alike.
 */
export interface Access {
  /** Made by the host for this request; never taken from the client. */
  readonly requestId: string
  /** As sent: methods are case-sensitive (RFC 9110 9.1). */
  readonly method: string
  readonly scheme: 'https' | 'http'
  /** The Host field; empty where it is missing or was sent more than once, which is ambiguous. */
  readonly host: string
  /** Path and query as the host received them. An adapter whose host decodes encodes again. */
  readonly target: string
  /** Every value of a field, in order; the name in lower case. One value that holds a comma counts as two. */
  header(name: string): readonly string[]
  /** The names of all fields, in any case, repeated or not. */
  headerNames(): Iterable<string>
  /** The peer's address as the host observed it, never copied from a field that a client can set. Unknown: undefined. */
  readonly clientAddress?: string | undefined
  /** Whether what `scheme` speaks of never left the machine. */
  readonly loopback: boolean
  /** The only "now" that a decision knows. */
  readonly at: EpochSeconds
}
