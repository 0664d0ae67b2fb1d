import type { Hono } from 'hono/tiny'
import type { ImportedKey } from '../../keys/registry.ts'
import { importedKeyOf } from './drafts.ts'
import { jsonBody } from './input.ts'
import type { KeysAppParts, KeysEnv } from './parts.ts'
import { actorOf } from './parts.ts'
import { errorsOf } from './problems.ts'
import type { ImportResult, ImportView } from './replies.ts'
import { importSchema } from './schemas.ts'

/**
 * Adds the import of keys of other systems, with a result for each. Where the store fails in the middle nothing is told
 * of those before: sent again they are `already` there.
 */
export function addImportRoute(app: Hono<KeysEnv>, { registry }: KeysAppParts): void {
  app.post('/keys/import', jsonBody(importSchema), async (c) => {
    const actor = actorOf(c)
    const results: ImportResult[] = []
    // One after the other: two of them may want one name.
    for (const key of c.var.body.map(importedKeyOf)) results.push(await imported(key))
    return c.json<ImportView>({ results })

    async function imported(key: ImportedKey): Promise<ImportResult> {
      const { name } = key
      const result = await registry.import(key, actor, c.env.at)
      if ('problem' in result) return { name, result: 'refused', reason: result.problem, errors: errorsOf(result) }
      return { name, result: result.already ? 'already' : 'imported', id: result.record.id }
    }
  })
}
