import { jwtBy } from '../../src/jwt.ts'
import type { MiddlewareKind } from './api-key.ts'

/** JSON Web Tokens on Vercel. */
export const jwt: MiddlewareKind = jwtBy(() => import('../../src/key-sets/reading-by-fetch.ts'))
