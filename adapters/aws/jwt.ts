import { equipmentOf } from '../../src/equipment.ts'
import { jwtBy } from '../../src/jwt.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import type { LambdaKind } from './api-key.ts'

const kind = jwtBy({
  reading: () => import('../../src/key-sets/reading-by-http.ts'),
  runsLater: false,
  isSigned: signatureByNode,
})

/** JSON Web Tokens in a Lambda function. */
export const jwt: LambdaKind = { ...kind, together: equipmentOf }
