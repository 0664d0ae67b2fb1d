import type { Reason } from './reason.ts'

/** What a refusal has to say, in any dialect. */
export interface Wording {
  readonly reason: Reason
  readonly status: number
  readonly title: string
  readonly requestId: string
}

/** How a refusal's body is worded. */
export interface Dialect {
  readonly contentType: string
  /** Every text in a `Wording` is safe inside a JSON string as it stands. */
  body(wording: Wording): string
}
