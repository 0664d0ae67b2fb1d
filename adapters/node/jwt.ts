import { jwtBy } from '../../src/jwt.ts'
import type { VerifierKind } from '../../src/kind.ts'

/** JSON Web Tokens on Node. */
export const jwt: VerifierKind = jwtBy(() => import('../../src/key-sets/reading-by-http.ts'))
