import { equipmentOf } from '../../src/equipment.ts'
import { jwtBy } from '../../src/jwt.ts'
import type { LambdaKind } from './api-key.ts'

/** JSON Web Tokens in a Lambda function. */
export const jwt: LambdaKind = {
  ...jwtBy(() => import('../../src/key-sets/reading-by-http.ts')),
  together: equipmentOf,
}
