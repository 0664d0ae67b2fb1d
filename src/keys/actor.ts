import type { Principal } from '../model/principal.ts'

/** Who changes keys: a principal that the gate has judged, or whoever holds the store's own credentials. */
export type Actor = Principal | 'operator'
