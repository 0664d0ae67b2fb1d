import type { NamedPolicy } from './authorize.ts'
import type { Settings } from './config.ts'
import type { Equipment, PreparedKind, ValuesOf, VerifierKind } from './kind.ts'
import { after, mapMaybe } from './lib/maybe.ts'
import type { Host, Recorder, Sink, Store } from './model/ports.ts'

/** What a host has for the documents that need more than static tokens. */
export interface Parts {
  /** Opens what a document's `store` names; undefined where the binding or the variable is missing. */
  openStore?(settings: Settings): Store | undefined
  /** The policy that counts requests. */
  limits?(settings: Settings, store: Store | undefined): NamedPolicy
  recorder?(settings: Settings, store: Store, sink: Sink): Recorder
  /** The host's own sink and those that the document names. */
  sink?(settings: Settings, own: Sink, valuesOf: ValuesOf): Sink
}

/** A kind with what a host has for it; `Where` is what the host finds its bindings in. */
export interface EquippedKind<Where> extends VerifierKind {
  parts?(where: Where, host: Host): Parts
}

/** What the kinds of an entry file bring on a host. */
export function equipmentOf<Where>(kinds: readonly EquippedKind<Where>[], where: Where): Equipment {
  return {
    kinds: kinds.map(({ kind }) => kind),
    equip(settings, host, valuesOf) {
      const parts: Parts = Object.assign({}, ...kinds.map((each) => each.parts?.(where, host)))
      const sink = parts.sink?.(settings, host.sink, valuesOf) ?? host.sink
      const store = settings.document.store && parts.openStore?.(settings)
      const prepared = new Map<string, PreparedKind>()
      for (const credential of settings.credentials) {
        const kind = kinds.find((each) => each.kind === credential.kind)
        if (kind) prepared.set(credential.name, kind.prepare(credential, { settings, host: { ...host, sink }, store }))
      }
      const ofKinds = new Set(Array.from(prepared.values()).flatMap(({ policies }) => policies))
      const limits = parts.limits?.(settings, store)
      return {
        verifiers: (secrets) =>
          after(
            mapMaybe([...prepared.values()], (kind) => kind.verifiers(secrets)),
            (all) => all.flat().sort((a, b) => a.turn - b.turn),
          ),
        gap: (credential, secrets) => prepared.get(credential)?.gap(secrets),
        forget(id) {
          for (const kind of prepared.values()) kind.forget(id)
        },
        policies: limits ? [...ofKinds, limits] : [...ofKinds],
        store,
        recorder: store && parts.recorder?.(settings, store, sink),
        sink,
      }
    },
  }
}
