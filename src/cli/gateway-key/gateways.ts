import type { Slot } from '../../config.ts'
import { slotsOf } from '../../config.ts'
import type { Document, GatewayKeyDocument } from '../../document.ts'
import type { ExpiryForm } from '../../lib/gateway-token.ts'
import { GATEWAY_ID } from '../../lib/gateway-token.ts'
import { Failure } from '../failure.ts'
import type { Flags, Given } from '../usage.ts'
import { shown, UsageError } from '../usage.ts'

export const ID_FLAG: Flags[string] = { type: 'string', valueHint: 'ID', description: "the gateway's id" }

/** Which of a gateway's two keys. */
export type KeyName = 'primary' | 'secondary'

/** A gateway as a document configures it. */
export interface ConfiguredGateway {
  readonly id: string
  /** The name of its credential. */
  readonly credential: string
  readonly primary: readonly Slot[]
  readonly secondary: readonly Slot[]
  readonly stringToSign: ExpiryForm | 'either'
}

/** Every gateway of a document. */
export function gatewaysIn({ credentials }: Document): ConfiguredGateway[] {
  return credentials
    .filter((each): each is GatewayKeyDocument => each.kind === 'gateway-key')
    .flatMap(({ name, kind, gateways, stringToSign = 'either' }) =>
      Object.entries(gateways).map(([id, { primary, secondary = [] }]) => ({
        id,
        credential: name ?? kind,
        primary: slotsOf(primary),
        secondary: slotsOf(secondary),
        stringToSign,
      })),
    )
}

/** The gateway that `--id` names. Throws a `Failure` where the document has no such gateway. */
export function gatewayNamed(id: string, document: Document): ConfiguredGateway {
  const gateways = gatewaysIn(document)
  const found = gateways.find((each) => each.id === id)
  if (found) return found
  const others = gateways.map((each) => each.id).join(', ')
  throw new Failure(`the document has no gateway ${shown(id)}${others && `; it has ${others}`}`)
}

/** The id of `--id`, undefined where it is absent. */
export function idGiven(flags: Given): string | undefined {
  const id = flags.text('id')
  if (id === undefined || GATEWAY_ID.test(id)) return id
  throw new UsageError('--id takes 1 to 80 visible characters but "&" and ",", and not managed')
}
