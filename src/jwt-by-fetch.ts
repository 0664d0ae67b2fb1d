import { jwtBy } from './jwt.ts'
import { signatureByJose } from './key-sets/signature-by-jose.ts'
import type { VerifierKind } from './kind.ts'
import { resourceMetadata } from './resource-metadata.ts'

/** JSON Web Tokens wherever there is Fetch. */
export const jwt: VerifierKind = /* @__PURE__ */ jwtBy({
  reading: () => import('./key-sets/reading-by-fetch.ts'),
  runsLater: true,
  isSigned: signatureByJose,
  metadata: resourceMetadata,
})
