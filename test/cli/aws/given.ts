import { readFileSync } from 'node:fs'
import { findingsIn } from '../../../src/cli/aws/check-template.ts'
import type { FindingCode } from '../../../src/cli/aws/findings.ts'
import type { Tree } from '../../../src/cli/aws/templates/tree.ts'
import { treeOf } from '../../../src/cli/aws/templates/yaml.ts'
import { settingsOf } from '../../../src/config.ts'
import type { Document } from '../../../src/document.ts'
import { validate } from '../../../src/validate.ts'

/** Templates that agree with `DOCUMENT`: a REST API and an HTTP API each, whose answers are kept. */
export const KINDS = ['serverless.yml', 'sam.yml', 'cloudformation.yml', 'cdk.json'] as const
export type Kind = (typeof KINDS)[number]

export const DOCUMENT: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'app',
      from: [{ header: 'x-api-key' }],
      tokens: { secret: 'APP_TOKEN' },
      type: 'full-access',
    },
  ],
  routes: [
    { path: '/health', methods: ['GET'], public: true },
    { path: '/orders/:id', methods: ['GET'], permission: 'orders.read' },
    { path: '/orders', methods: ['POST'], permission: 'orders.write' },
  ],
  apis: [{ resultTtlSeconds: 60, cachedBy: ['method', 'path'] }],
}

/** The text of a template that has no mistake. */
export function template(kind: Kind): string {
  return readFileSync(new URL(`fixtures/${kind}`, import.meta.url), 'utf8')
}

/** A text in which something is written otherwise; what is to be replaced must be there. */
export function edited(text: string, edits: readonly (readonly [from: string | RegExp, to: string])[]): string {
  return edits.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to)
    if (after === before) throw new Error(`nothing to edit: ${String(from)}`)
    return after
  }, text)
}

/** A finding, with the text of its line. */
export interface Found {
  readonly code: FindingCode
  readonly file: string
  readonly line: number
  readonly text: string
  readonly message: string
}

/** What is found in a template; the document must be valid. `files`: what it may include. */
export function findings(
  text: string,
  document: Document = DOCUMENT,
  files: Readonly<Record<string, string>> = {},
): Found[] {
  const result = validate(document)
  if (!result.ok) throw new Error(JSON.stringify(result.faults))
  const include = (path: string): Tree | undefined => {
    const content = files[path]
    return content === undefined ? undefined : treeOf(content, path)
  }
  const settings = settingsOf(document, { transport: 'any' })
  return findingsIn({ text, file: 'template', include }, settings).map(({ line: { file, number }, code, message }) => {
    const lines = (file === 'template' ? text : (files[file] ?? '')).split('\n')
    return { code, file, line: number, text: lines[number - 1] ?? '', message }
  })
}
