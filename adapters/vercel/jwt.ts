import { jwtBy } from '../../src/jwt.ts'
import { signatureByJose } from '../../src/key-sets/signature-by-jose.ts'
import { resourceMetadata } from '../../src/resource-metadata.ts'
import type { MiddlewareKind } from './api-key.ts'

/** JSON Web Tokens on Vercel. */
export const jwt: MiddlewareKind = {
  ...jwtBy({
    reading: () => import('../../src/key-sets/reading-by-fetch.ts'),
    runsLater: true,
    isSigned: signatureByJose,
  }),
  metadata: resourceMetadata,
}
