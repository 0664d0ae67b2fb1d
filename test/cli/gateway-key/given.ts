import { PRIMARY, SECONDARY } from '../../given/gateway.ts'
import type { Outcome } from '../run.ts'
import { fileOf } from '../run.ts'
import { runHere } from '../run-here.ts'

export const VARIABLES = { GW1_PRIMARY: PRIMARY, GW1_SECONDARY: SECONDARY }

const BOTH = { primary: { secret: 'GW1_PRIMARY' }, secondary: { secret: 'GW1_SECONDARY' } }

/** A document of gateways, as a file of the test's own. */
export function documentOf(gateways: object = { gw1: BOTH }, more: object = {}): string {
  const credentials = [{ kind: 'gateway-key', gateways, ...more }]
  return fileOf({ realm: 'gateway', credentials, routes: [{ path: '/*' }] })
}

/** `latchkey gateway-key ...` in this process. */
export function gatewayKey(
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return runHere(['gateway-key', ...args], variables)
}
