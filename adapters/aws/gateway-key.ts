import { equipmentOf } from '../../src/equipment.ts'
import { gatewayKey as gatewayKeyKind } from '../../src/gateway-key.ts'
import type { LambdaKind } from './api-key.ts'

/** Tokens of self-hosted gateways in a Lambda function. A store is opened by `apiKey`; without it each instance tells once. */
export const gatewayKey: LambdaKind = { ...gatewayKeyKind, together: equipmentOf }
