import { jwtBy } from '../jwt.ts'
import { signatureByJose } from '../key-sets/signature-by-jose.ts'
import { resourceMetadata } from '../resource-metadata.ts'
import type { MiddlewareKind } from './api-key.ts'

/** JSON Web Tokens in any Hono app. */
export const jwt: MiddlewareKind = {
  ...jwtBy({
    reading: () => import('../key-sets/reading-by-fetch.ts'),
    runsLater: true,
    isSigned: signatureByJose,
  }),
  metadata: resourceMetadata,
}
