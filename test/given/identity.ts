import { identityHeaders } from '../../src/identity.ts'

/** The names of the plain fields that tell an origin who called. */
export const IDENTITY_NAMES: readonly string[] = identityHeaders('anonymous', 'a').map(([name]) => name)
