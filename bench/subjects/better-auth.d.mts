/** better-auth's `verifyApiKey` with one key. */
export interface BetterAuthKey {
  readonly token: string
  verify(token: string): Promise<boolean>
  close(): void
}

/**
 * Opens better-auth in an SQLite file, with its own defaults: one permission is asked for, there are no limits, and the
 * key's last use is written with each request, as it has no other way to tell that.
 */
export function betterAuthKey(path: string): Promise<BetterAuthKey>
