import { jwtBy } from '../../src/jwt.ts'
import type { WorkerKind } from './parts.ts'

/** JSON Web Tokens on a Worker. */
export const jwt: WorkerKind = jwtBy(() => import('../../src/key-sets/reading-by-fetch.ts'))
