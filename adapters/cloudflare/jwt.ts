import { byFetch } from '../../src/documents/fetch.ts'
import { jwtBy } from '../../src/jwt.ts'
import type { WorkerKind } from './parts.ts'

/** JSON Web Tokens on a Worker. */
export const jwt: WorkerKind = jwtBy(byFetch)
