import { jwtBy } from '../../src/jwt.ts'
import { signatureByJose } from '../../src/key-sets/signature-by-jose.ts'
import { resourceMetadata } from '../../src/resource-metadata.ts'
import type { WorkerKind } from './parts.ts'

/** JSON Web Tokens on a Worker. */
export const jwt: WorkerKind = {
  ...jwtBy({
    reading: () => import('../../src/key-sets/reading-by-fetch.ts'),
    runsLater: true,
    isSigned: signatureByJose,
  }),
  metadata: resourceMetadata,
}
