import type { GatewayTokenEvent } from '../model/event.ts'

/** What Azure API Management sends of its own gateways' tokens, so that what takes its events takes ours. */
export interface GatewayTokenCloudEvent {
  readonly type: `Microsoft.ApiManagement.${'GatewayTokenNearExpiry' | 'GatewayTokenExpired'}`
  readonly subject: string
  readonly data: {
    readonly gatewayInfo: { readonly gatewayId: string }
    /** In the round-trip form, UTC. */
    readonly tokenInfo: { readonly expiresAtUtc: string } | { readonly expiredAtUtc: string }
  }
}

/** An event in Azure's own shape, but for the instance of the gateway, which a token does not tell. */
export function azureShape({ type, gatewayId, until }: GatewayTokenEvent): GatewayTokenCloudEvent {
  const end = until.replace('Z', '0000Z')
  const isNear = type === 'gateway-token-near-expiry'
  return {
    type: `Microsoft.ApiManagement.${isNear ? 'GatewayTokenNearExpiry' : 'GatewayTokenExpired'}`,
    subject: `/gateways/${gatewayId}`,
    data: {
      gatewayInfo: { gatewayId },
      tokenInfo: isNear ? { expiresAtUtc: end } : { expiredAtUtc: end },
    },
  }
}
