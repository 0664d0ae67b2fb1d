import type { Latchkey } from '../build.ts'
import type { KeySettings } from '../key-settings.ts'
import { keyCredentials, keySettingsOf } from '../key-settings.ts'
import type { Pepper } from '../keys/format.ts'
import { keyLog } from '../keys/log.ts'
import type { Registry } from '../keys/registry.ts'
import { registry } from '../keys/registry.ts'
import type { Equipped } from '../kind.ts'
import { random } from '../lib/random.ts'
import type { EpochSeconds } from '../model/access.ts'
import { isRefusal } from '../model/decision.ts'
import type { Sink, Store } from '../model/ports.ts'
import { StoreError } from '../model/store-error.ts'
import { tellNearExpiry } from '../near-expiry.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Manage } from './asked.ts'
import { freshly } from './fresh.ts'
import { keysApp } from './keys/app.ts'
import type { Operation } from './keys/operations.ts'
import { findOperation } from './keys/operations.ts'
import type { KeysAppParts, KeysRequest } from './keys/parts.ts'
import { prover } from './keys/prove.ts'
import { tokenIssuing } from './token.ts'

export { tellNearExpiry }

/** Answers key management for a gate: the registry over the gate's own store, under the secrets of each judgement. */
export function manage(latchkey: Latchkey): Manage {
  const { settings } = latchkey
  const store = forgetting(latchkey.equipped as Equipped)
  const log = keyLog({ store, random })
  const issuingFor = tokenIssuing(latchkey)

  function keySettings(snapshot: Snapshot, at: EpochSeconds): KeySettings {
    const found = keySettingsOf(settings, (name) => snapshot.valuesOf([{ name, until: undefined }], at), at)
    // Without issued keys nobody is matched with key management.
    return found as KeySettings
  }

  function registryUnder(found: KeySettings, sink: Sink): Registry {
    const { peppers, prefix, lifetimes, routePermissions, encryptionKey } = found
    // Without a pepper nothing is verified either, so nobody is allowed to ask.
    return registry({
      store,
      digests: latchkey.digests,
      random,
      peppers: peppers as readonly [Pepper, ...Pepper[]],
      prefix,
      lifetimes,
      routePermissions,
      ...(encryptionKey !== undefined && { encryptionKey }),
      sink,
      log,
    })
  }

  /** Whose a token is, whether it counts now or not: the verifiers say it as they do of every request. */
  function proverUnder(snapshot: Snapshot, { peppers }: KeySettings, keys: Registry): KeysAppParts['prove'] {
    const places = new Set(keyCredentials(settings).flatMap((credential) => credential.places))
    return prover({
      verifiers: Array.from(places).flatMap((place) =>
        snapshot
          .verifiersAt(place)
          .flatMap(({ verifier }) => (verifier.kind === 'api-key' ? [{ place, verifier }] : [])),
      ),
      digests: latchkey.digests,
      registry: keys,
      peppers,
    })
  }

  return async ({ access, decision, snapshot }, allowed, body, defer) => {
    const { match, place } = allowed
    const path = match.path.slice(settings.base.length)
    const row = findOperation(path, access.method)
    if (!row || !snapshot) throw new TypeError('nothing was matched')
    const principal = await freshly(latchkey, access, allowed, snapshot, defer)
    if (principal !== 'anonymous' && isRefusal(principal)) return principal
    const found = keySettings(snapshot, access.at)
    const { unset } = found
    if (unset !== undefined && MAKES_SECRETS.has(row.operation)) {
      const message = `no key can be made: set ${unset}`
      latchkey.sink.write({ type: 'notice', level: 'error', message }, defer)
      throw new StoreError('keys', 'refused', message)
    }
    const request: KeysRequest = {
      operation: row.operation,
      method: access.method,
      path,
      query: match.query,
      header: (name) => fieldOf(access.header(name.toLowerCase())),
      body,
      principal,
      place,
      at: access.at,
      requestId: access.requestId,
    }
    // Made for one request: what it tells others, `defer` of this one keeps alive.
    const sink: Sink = { write: (event) => latchkey.sink.write(event, defer) }
    const keys = registryUnder(found, sink)
    const app = keysApp({
      base: settings.base,
      registry: keys,
      store,
      log,
      sink,
      prove: proverUnder(snapshot, found, keys),
      selfRotation: (name) =>
        keyCredentials(settings).some((each) => each.name === name && each.document.selfRotation === true),
      issuing: issuingFor?.({ access, decision, snapshot }, allowed, defer),
    })
    return app(request)
  }
}

/** What needs the pepper of new keys: an older one must not make them in its place. */
const MAKES_SECRETS: ReadonlySet<Operation> = new Set(['create-key', 'import-keys', 'rotate-key', 'rotate-own'])

/** Repeated fields are one list (RFC 9110 5.3), on hosts that join them and on those that do not. */
function fieldOf(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(', ')
}

/** What is changed through this store is seen by this process at once. */
function forgetting({ store, forget }: Equipped): Store {
  const { get, list, put, delete: remove } = store as Store
  const forgotten = <T>(id: string, work: Promise<T>) => work.finally(() => forget(id))
  return {
    get,
    list,
    put: (id, ...rest) => forgotten(id, put(id, ...rest)),
    delete: (id, ...rest) => forgotten(id, remove(id, ...rest)),
  }
}
