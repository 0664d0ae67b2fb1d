import { readFileSync, statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import type { SecretSource } from '../model/ports.ts'
import { env } from '../secrets/env.ts'
import { file } from '../secrets/file.ts'
import type { Flags, Given } from './usage.ts'
import { UsageError } from './usage.ts'

/** The flags by which every command finds its document and its secrets. */
export const INPUT_FLAGS: Flags = {
  config: { type: 'string', valueHint: 'FILE', description: 'the configuration document; else LATCHKEY_CONFIG' },
  'env-file': { type: 'string', valueHint: 'FILE', description: 'variables, below those of the environment' },
  secrets: { type: 'string', valueHint: 'DIR', description: 'secrets as files, one each, before variables' },
  json: { type: 'boolean', description: 'print JSON' },
}

export type Variables = Readonly<Record<string, string | undefined>>

/** The environment, and below it the file that was named. */
export function variablesOf(flags: Given): Variables {
  const path = flags.text('env-file')
  return path === undefined ? process.env : { ...parseEnv(read(path, '--env-file')), ...process.env }
}

/** The document's text; undefined where none is named. */
export function documentText(flags: Given, variables: Variables): string | undefined {
  const path = flags.text('config')
  if (path !== undefined) return read(path, '--config')
  const variable = variables['LATCHKEY_CONFIG']
  if (!variable) return undefined
  return variable.trimStart().startsWith('{') ? variable : read(variable, 'LATCHKEY_CONFIG')
}

export function secretsOf(flags: Given, variables: Variables): SecretSource {
  const folder = flags.text('secrets')
  if (folder === undefined) return env(variables)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new UsageError(`--secrets ${folder}: no folder`)
  return file(folder, env(variables))
}

/** The text of a file that a flag or a variable names. Throws a `UsageError` where it cannot be read. */
export function read(path: string, from: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(
      `${from} ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'cannot be read'}`,
    )
  }
}
