import { jwtBy } from '../jwt.ts'
import type { MiddlewareKind } from './api-key.ts'

/** JSON Web Tokens in any Hono app. */
export const jwt: MiddlewareKind = jwtBy(() => import('../key-sets/reading-by-fetch.ts'))
