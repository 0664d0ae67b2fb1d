import type { Hono } from 'hono/tiny'
import type { KeysAppParts, KeysEnv } from './parts.ts'

/** Adds the OpenAPI document, which scripts/openapi.ts has made, with the base path that this deployment has. */
export function addOpenapiRoute(app: Hono<KeysEnv>, { base }: KeysAppParts): void {
  app.get('/openapi.json', async (c) => {
    const { openapi } = await import('./openapi.generated.ts')
    return c.json({ ...openapi, servers: [{ url: base }] })
  })
}
