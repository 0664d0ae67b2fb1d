import { jwtBy } from '../../src/jwt.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import type { VerifierKind } from '../../src/kind.ts'
import { resourceMetadata } from '../../src/resource-metadata.ts'

/** JSON Web Tokens on Node. */
export const jwt: VerifierKind = /* @__PURE__ */ jwtBy({
  reading: () => import('../../src/key-sets/reading-by-http.ts'),
  runsLater: true,
  isSigned: signatureByNode,
  metadata: resourceMetadata,
})
