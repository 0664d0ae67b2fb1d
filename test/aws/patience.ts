/** How long one call of the authorizer waits for what does not answer, in milliseconds. */
export const PATIENCE = { secrets: 2000, store: 2000, keys: 3000, limiter: 2000 } as const

/** For all of them, one after the other: a token is an issued key or one of an issuer. */
export const LONGEST_MILLISECONDS: number =
  PATIENCE.secrets + Math.max(PATIENCE.store, PATIENCE.keys) + PATIENCE.limiter
