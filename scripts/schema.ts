import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { toJsonSchema } from '@valibot/to-json-schema'
import { documentSchema } from '../src/schema.ts'

/**
 * Makes latchkey.schema.json, for editors and for checks without Latchkey, from the schema that the program itself
 * reads documents by. Run `node scripts/schema.ts` after a change; a test holds the file to it.
 */

/** Where the published JSON Schema is. */
export const SCHEMA_FILE: URL = new URL('../latchkey.schema.json', import.meta.url)

/** The JSON Schema's text. What only code can say (an address, a day of the calendar) is left out of it. */
export function schemaText(): string {
  const schema = toJsonSchema(documentSchema, {
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) => {
      const message = 'message' in valibotSchema ? valibotSchema.message : undefined
      return typeof message === 'string' ? { ...jsonSchema, description: message } : undefined
    },
  })
  return `${JSON.stringify({ title: 'Latchkey configuration', ...schema }, null, 2)}\n`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(SCHEMA_FILE, schemaText())
