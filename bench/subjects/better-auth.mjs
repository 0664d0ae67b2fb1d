import { DatabaseSync } from 'node:sqlite'
import { apiKey } from '@better-auth/api-key'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'

/** Plain JavaScript, so that types are checked without what is only measured against. */
export async function betterAuthKey(path) {
  const database = new DatabaseSync(path)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  const auth = betterAuth({
    database,
    baseURL: 'http://localhost',
    secret: 'bench-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a',
    logger: { disabled: true },
    telemetry: { enabled: false },
    plugins: [apiKey({ rateLimit: { enabled: false } })],
  })
  const { runMigrations } = await getMigrations(auth.options)
  await runMigrations()
  const { internalAdapter } = await auth.$context
  const user = await internalAdapter.createUser({ email: 'bench@example.com', name: 'bench', emailVerified: true })
  const permissions = { articles: ['find'] }
  const { key: token } = await auth.api.createApiKey({ body: { userId: user.id, permissions } })
  return {
    token,
    verify: async (key) => (await auth.api.verifyApiKey({ body: { key, permissions } })).valid,
    close: () => database.close(),
  }
}
