import type { Settings } from './config.ts'
import type { Equipment, PreparedKind, ValuesOf, VerifierKind } from './kind.ts'
import { after, mapMaybe } from './lib/maybe.ts'
import { limited } from './limited.ts'
import type { Host, NamedPolicy, Recorder, Sink, Store } from './model/ports.ts'
import { watched } from './stores/watched.ts'

/** What a host has for the documents that need more than static tokens. */
export interface Parts {
  /** Opens what a document's `store` names; undefined where the binding or the variable is missing. */
  openStore?(settings: Settings): Store | undefined
  /** The policy that counts requests. */
  limits?(settings: Settings, store: Store | undefined): NamedPolicy
  recorder?(settings: Settings, store: Store, sink: Sink): Recorder | undefined
  /** The host's own sink and those that the document names. */
  sink?(settings: Settings, own: Sink, valuesOf: ValuesOf): Sink
}

/** A kind with what a host has for it; `Where` is what the host finds its bindings in. */
export interface EquippedKind<Where> extends VerifierKind {
  parts?(where: Where, host: Host): Parts
}

/** What the kinds of an entry file, and whatever else it names, bring on a host. */
export function equipmentOf<Where>(
  kinds: readonly EquippedKind<Where>[],
  more: readonly ((where: Where, host: Host) => Parts)[],
  where: Where,
): Equipment {
  return {
    kinds: ['static-token', ...kinds.map(({ kind }) => kind)],
    equip(settings, host, valuesOf) {
      const ofKinds = kinds.map((each) => each.parts?.(where, host))
      const parts: Parts = Object.assign({}, ...ofKinds, ...more.map((part) => part(where, host)))
      const sink = parts.sink?.(settings, host.sink, valuesOf) ?? host.sink
      const opened = settings.document.store && parts.openStore?.(settings)
      const store = opened && watched(opened)
      const prepared = new Map<string, PreparedKind>()
      for (const credential of settings.credentials) {
        const kind = kinds.find((each) => each.kind === credential.kind)
        if (kind) prepared.set(credential.name, kind.prepare(credential, { settings, host: { ...host, sink }, store }))
      }
      const policies = new Set(Array.from(prepared.values()).flatMap((each) => each.policies))
      const limits = isLimited(settings) ? [parts.limits?.(settings, store) ?? uncounted(settings)] : []
      return {
        verifiers: (secrets, failing) =>
          after(
            mapMaybe([...prepared.values()], (kind) => kind.verifiers(secrets, failing)),
            (all) => all.flat().sort((a, b) => a.turn - b.turn),
          ),
        gap: (credential, secrets) => prepared.get(credential)?.gap(secrets),
        forget(id) {
          for (const kind of prepared.values()) kind.forget(id)
        },
        failing: () => [
          ...(store?.isFailing() ? ['store'] : []),
          ...Array.from(prepared.values()).flatMap((kind) => kind.failing?.() ?? []),
        ],
        policies: [...policies, ...limits],
        store,
        recorder: together([
          store && parts.recorder?.(settings, store, sink),
          ...Array.from(prepared.values(), (kind) => kind.recorder),
        ]),
        sink,
        metadata: kinds.map((kind) => kind.metadata?.(settings)).find((each) => each !== undefined),
      }
    },
  }
}

/** Whether anybody may have limits: by the document, or by an issued key's own record. */
function isLimited({ document: { credentials, owners } }: Settings): boolean {
  return owners !== undefined || credentials.some(({ kind, limits }) => limits !== undefined || kind === 'api-key')
}

/** Recorders as one; of a single one itself, so that no request pays for what is not there. */
function together(recorders: readonly (Recorder | undefined)[]): Recorder | undefined {
  const all = recorders.filter((each) => each !== undefined)
  if (all.length < 2) return all[0]
  return {
    record(decision, access, defer) {
      for (const each of all) each.record(decision, access, defer)
    },
    async flush() {
      await Promise.all(all.map((each) => each.flush()))
    },
  }
}

/** Where nothing counts, whoever has limits does not pass. */
function uncounted(settings: Settings): NamedPolicy {
  const hasLimits = limited(settings)
  return {
    name: 'limits',
    policy: (attempt) =>
      hasLimits(attempt) ? { reason: 'not-configured', detail: 'nothing here counts requests' } : undefined,
  }
}
