import { writeFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { openapiDocument } from './openapi/document.ts'

/**
 * Makes the OpenAPI document of the keys API from the table of its operations and the schemas that it reads requests by,
 * as a module that is served with the base path filled in. Run `node scripts/openapi.ts` after a change; a test holds
 * the module to it, and every reply of the tests to the document.
 */

/** Where the made module is. */
export const OPENAPI_FILE: URL = new URL('../src/http/keys/openapi.generated.ts', import.meta.url)

/** The module's text, with a line for each operation and each component, so that a change shows where it is. */
export function openapiModule(): string {
  return `/** Made by scripts/openapi.ts from operations.ts and the schemas: the keys API in OpenAPI 3.1. */
// biome-ignore format: a line for each part
export const openapi: Readonly<Record<string, unknown>> = ${literal(openapiDocument(), 3)}
`
}

/** A value as a literal whose objects are broken into lines so many levels deep. */
function literal(value: unknown, levels: number): string {
  if (levels === 0 || typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{\n${members.map(([name, member]) => `${JSON.stringify(name)}: ${literal(member, levels - 1)},\n`).join('')}}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(OPENAPI_FILE, openapiModule())
