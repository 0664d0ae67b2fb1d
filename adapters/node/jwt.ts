import { byHttp } from '../../src/documents/http.ts'
import { jwtBy } from '../../src/jwt.ts'
import type { VerifierKind } from '../../src/kind.ts'

/** JSON Web Tokens on Node. */
export const jwt: VerifierKind = jwtBy(byHttp)
