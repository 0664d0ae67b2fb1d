import type { Field } from '../../src/http/hop-by-hop.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'

/** What a gate host answered, and what its origin saw of it. */
export interface Observed {
  readonly status: number
  /** A host that joins repeated fields with ", " may hand them over joined. */
  readonly headers: readonly Field[]
  readonly body: string
  /** Absent where nothing arrived. The origin answers 200 with no body and no fields of its own. */
  readonly origin?: Received | undefined
  /** What the host's sink got, where a runner can reach it: tells the reason in dialects whose body does not. */
  readonly events?: readonly LatchkeyEvent[] | undefined
  /** How many entries the store was asked for, where a runner can count them. */
  readonly reads?: number | undefined
}

/** What arrived at an origin. */
export interface Received {
  readonly method: string
  readonly target: string
  readonly headers: readonly Field[]
}
