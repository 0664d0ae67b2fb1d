import type { Context } from 'hono'
import type { KeyLog } from '../../keys/log.ts'
import type { KeptSecret, KeyRecord } from '../../keys/record.ts'
import type { Registry } from '../../keys/registry.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { Place } from '../../model/credential.ts'
import type { Sink, Store } from '../../model/ports.ts'
import type { Principal } from '../../model/principal.ts'
import type { Issuing } from './issuing.ts'
import type { Operation } from './operations.ts'

/** A request for key management that the gate has allowed. Plain data, as what was judged is what is served. */
export interface KeysRequest {
  readonly operation: Operation
  readonly method: string
  /** Below `base`, as it was judged. */
  readonly path: string
  readonly query: string | undefined
  /** A field's value; undefined where it was not sent. */
  header(name: string): string | undefined
  /** A host need not read more than one byte beyond `MOST_BODY_BYTES`. */
  readonly body: Uint8Array
  readonly principal: Principal | 'anonymous'
  /** Where the credential stood; undefined for `anonymous`. */
  readonly place: Place | undefined
  readonly at: EpochSeconds
  readonly requestId: string
}

/** A token that was shown in a body, and whose it is. */
export interface Proved {
  readonly principal: Principal
  /** As the store has it now. */
  readonly record: KeyRecord
  /** The secret of the record that the token shows, whichever it is now: the principal may be as old as a cache. */
  readonly secret: KeptSecret
}

/** What key management is made of. */
export interface KeysAppParts {
  readonly base: string
  readonly registry: Registry
  readonly store: Store
  readonly log: Pick<KeyLog, 'read'>
  /**
   * Says whose a token is, whether it counts now or not, as `prover` does. Undefined: none of ours, or one that has been
   * replaced. Rejects with a `StoreError` where that cannot be told.
   */
  readonly prove: (token: string, at: EpochSeconds) => Promise<Proved | undefined>
  /** Whether keys of a configured credential may rotate themselves. */
  readonly selfRotation: (credential: string) => boolean
  /** Absent: nothing is issued. */
  readonly issuing?: Issuing | undefined
  /** Told of what failed, by name. */
  readonly sink?: Sink
}

/** What a handler finds on its context: the request is the environment that the app is called with. */
export interface KeysEnv {
  Bindings: KeysRequest
}

/** As much of a handler's context as words a reply, whatever else the handler finds there. */
export type KeysContext = Pick<Context<KeysEnv>, 'env' | 'body' | 'json'>

/** The same, where the path names a key. */
export type KeyContext = KeysContext & { readonly req: { param(name: 'id'): string } }

/** Who asks. Throws for `anonymous`: the gate lets nobody else get this far. */
export function actorOf({ env }: KeysContext): Principal {
  if (env.principal === 'anonymous') throw new TypeError('an operation that is judged has no principal')
  return env.principal
}
