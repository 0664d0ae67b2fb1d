import { randomBytes } from 'node:crypto'
import { print } from './terminal.ts'
import type { Flags } from './usage.ts'
import { given } from './usage.ts'

export const TOKEN_FLAGS: Flags = { json: { type: 'boolean', description: 'print JSON' } }

/** A static token: 32 random bytes as 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** `latchkey token` */
export function token(rawArgs: readonly string[]): number {
  const flags = given(rawArgs, TOKEN_FLAGS)
  print(flags.is('json') ? JSON.stringify({ token: newToken() }) : newToken())
  return 0
}
