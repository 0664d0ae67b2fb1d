import { mkdirSync, writeFileSync } from 'node:fs'
import type { Got } from './ask.ts'
import type { Asked } from './requests.ts'
import type { Rows } from './strapi.ts'
import { ENCRYPTION_KEY, SALT } from './strapi.ts'
import type { Tokens } from './tokens.ts'

const FOLDER = new URL('../../examples/strapi/fixtures/', import.meta.url)

/** Keeps what a run has captured: the rows as they were exported, the tokens in plain text, and the answers. */
export function writeFixtures(
  version: string,
  rows: Rows,
  tokens: Tokens,
  asked: readonly Asked[],
  got: readonly Got[],
) {
  mkdirSync(FOLDER, { recursive: true })
  write('rows.json', rows)
  write('keys.json', { strapi: version, salt: SALT, encryptionKey: ENCRYPTION_KEY, tokens })
  write(
    'answers.json',
    asked.map((each, place) => ({ ...each, answer: got[place] })),
  )
}

function write(name: string, content: unknown): void {
  writeFileSync(new URL(name, FOLDER), `${JSON.stringify(content, null, 2)}\n`)
}
