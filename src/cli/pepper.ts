import { newPepper } from '../../adapters/node/pepper.ts'
import type { ApiKeyDocument } from '../document.ts'
import { documentGiven } from './document.ts'
import { INPUT_FLAGS } from './inputs.ts'
import { print, say } from './terminal.ts'
import type { Flags, Given } from './usage.ts'
import { given, UsageError } from './usage.ts'

export const PEPPER_FLAGS: Flags = {
  config: INPUT_FLAGS['config'] as Flags[string],
  'env-file': INPUT_FLAGS['env-file'] as Flags[string],
  json: INPUT_FLAGS['json'] as Flags[string],
  next: { type: 'boolean', description: 'tell which version the pepper gets in the document, and how to roll to it' },
}

/** `latchkey pepper`: 32 random bytes on stdout; how to roll to it on stderr. */
export function pepper(rawArgs: readonly string[]): number {
  const flags = given(rawArgs, PEPPER_FLAGS)
  if (!flags.is('next')) {
    print(flags.is('json') ? JSON.stringify({ pepper: newPepper() }) : newPepper())
    return 0
  }
  const { version, current } = nextOf(flags)
  if (flags.is('json')) {
    print(JSON.stringify({ pepper: newPepper(), version, current }))
    return 0
  }
  print(newPepper())
  for (const line of stepsOf(version, current)) say(line)
  return 0
}

/** A version is one base62 character; digits come first. */
const VERSIONS = '123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0'

function nextOf(flags: Given): { readonly version: string; readonly current: string } {
  const document = documentGiven(flags)
  if (!document) throw new UsageError('--next reads the document: --config FILE')
  const keys = document.credentials.find((each): each is ApiKeyDocument => each.kind === 'api-key')
  if (!keys) throw new UsageError('the document has no credential of kind api-key, so it has no peppers')
  const used = new Set(keys.peppers.map(({ version }) => String(version)))
  const version = Array.from(VERSIONS).find((each) => !used.has(each))
  if (version === undefined) throw new UsageError('all 62 versions are in use: take out those that no key carries')
  return { version, current: String(keys.peppers[0]?.version) }
}

function stepsOf(version: string, current: string): string[] {
  const name = `LATCHKEY_PEPPER_${version}`
  const written = /^\d$/.test(version) ? version : JSON.stringify(version)
  return [
    `the pepper above has version ${version}. To roll to it from ${current}:`,
    `  1. set the secret ${name} to it everywhere`,
    `  2. put { "version": ${written}, "secret": "${name}" } last in "peppers" and deploy: it counts`,
    '  3. put it first and deploy: new and rotated keys are made under it, the others count as before',
    `  4. rotate the keys of version ${current}: latchkey keys export tells each one's`,
    `  5. when none is left, take version ${current} out of "peppers"`,
  ]
}
