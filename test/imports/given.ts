import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Batch, ImportOptions, Input, Report, SourceName } from '../../src/imports/index.ts'
import { importing, reportOf } from '../../src/imports/index.ts'

/** The clock of these tests: 2026-06-01T00:00:00Z. */
export const NOW = 1_780_272_000
export const DAY = 86_400

/** A file of `fixtures/`, as text. */
export function fixtureText(name: string): string {
  return readFileSync(fileURLToPath(new URL(`fixtures/${name}`, import.meta.url)), 'utf8')
}

/** A file of `fixtures/`, parsed. */
export function fixture<T = unknown>(name: string): T {
  return JSON.parse(fixtureText(name)) as T
}

/** The report of an import. A text is what a file holds, anything else is parsed JSON. */
export function imported(name: SourceName, input: unknown, options: Partial<ImportOptions> = {}): Promise<Report> {
  return reportOf(importing(name, inputOf(input), { at: NOW, ...options }))
}

/** The batches of an import, one after the other. */
export async function batchesOf(
  name: SourceName,
  input: Input,
  options: Partial<ImportOptions> = {},
): Promise<Batch[]> {
  const batches: Batch[] = []
  for await (const batch of importing(name, input, { at: NOW, ...options })) batches.push(batch)
  return batches
}

/** The entry of the document that an import asks for. */
export async function entryAfter(name: SourceName, input: unknown): Promise<{ scheme: string; shape?: string }> {
  const batches = await batchesOf(name, inputOf(input))
  return JSON.parse(batches.at(-1)?.entry ?? 'null') as { scheme: string; shape?: string }
}

function inputOf(input: unknown): Input {
  return typeof input === 'string' ? { text: [input] } : { json: input }
}
