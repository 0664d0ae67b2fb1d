import type { Slot } from './config.ts'
import { slotsOf } from './config.ts'
import type { GatewayKeyDocument } from './document.ts'
import { gatewayRecorder } from './gateway-recorder.ts'
import type { PreparedKind, ValuesOf, VerifierKind } from './kind.ts'
import type { Host } from './model/ports.ts'
import type { Grant } from './model/principal.ts'
import { notice } from './notice.ts'
import type { GatewayKey } from './verifiers/gateway-key.ts'
import { gatewayKey as gatewayKeyVerifier } from './verifiers/gateway-key.ts'

/** Told by their shape and by a gateway's id, without a look-up: before all else but static tokens. */
const TURN = 1

/** Access tokens of Azure API Management's self-hosted gateways. */
export const gatewayKey: VerifierKind = {
  kind: 'gateway-key',
  prepare({ name, grant, surface, places, document }, { host, store }): PreparedKind {
    const { gateways, stringToSign = 'either' } = document as GatewayKeyDocument
    const slots = Object.entries(gateways).map(([id, { primary, secondary = [] }]) => ({
      id,
      slots: [...slotsOf(primary), ...slotsOf(secondary)],
    }))
    const at = new Set(places)

    return {
      verifiers(valuesOf, failing) {
        const found = slots.map((each) => keysOf(each, valuesOf, failing))
        const unset = found.filter(({ isUnset }) => isUnset)
        // Where none has one, the credential as a whole is told to be not configured.
        if (unset.length < found.length) for (const each of unset) warnOf(each, name, host)
        const verifier = gatewayKeyVerifier({
          gateways: new Map(found.map(({ id, keys }) => [id, keys])),
          unset: new Set(unset.map(({ id }) => id)),
          forms: stringToSign === 'either' ? ['round-trip', 'compact'] : [stringToSign],
          // Of this kind it is always there.
          principal: { credential: name, grant: grant as Grant, surface },
          digests: host.digests,
        })
        return [{ verifier, places: at, turn: TURN }]
      },
      gap: () => undefined,
      policies: [],
      forget: () => undefined,
      recorder: gatewayRecorder({ credential: name, sink: host.sink, store }),
    }
  },
}

/** A gateway, and the slots of its keys: those of the primary one first. */
interface Gateway {
  readonly id: string
  readonly slots: readonly Slot[]
}

interface FoundKeys extends Gateway {
  readonly keys: readonly GatewayKey[]
  /** Whether nobody has set a key, as far as that can be read. */
  readonly isUnset: boolean
}

function keysOf({ id, slots }: Gateway, valuesOf: ValuesOf, failing: readonly string[]): FoundKeys {
  const keys = slots.flatMap(({ name, until }, slot) => valuesOf({ name }).map((secret) => ({ secret, slot, until })))
  const isUnset = keys.length === 0 && !slots.some(({ name }) => failing.includes(name))
  return { id, slots, keys, isUnset }
}

function warnOf({ id, slots }: Gateway, credential: string, host: Host): void {
  notice(host, 'warn', `gateway ${id} of ${credential} has no key: set ${slots.map(({ name }) => name).join(' or ')}`)
}
