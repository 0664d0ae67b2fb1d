import { byFetch } from '../documents/fetch.ts'
import { jwtBy } from '../jwt.ts'
import type { MiddlewareKind } from './api-key.ts'

/** JSON Web Tokens in any Hono app. */
export const jwt: MiddlewareKind = jwtBy(byFetch)
