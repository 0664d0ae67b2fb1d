import type { Maybe } from '../../src/lib/maybe.ts'
import type { SecretSource, Sink } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'

/**
 * Found in the variables as JSON where one of them names a place of all secrets, or may hold that of one. What is loaded
 * then tells exactly.
 */
const ELSEWHERE = /LATCHKEY_SECRETS|:" *(arn|{{|exten|ssm|secret)/i

/** Whether secrets may lie elsewhere than in the variables themselves. */
export function lieElsewhere(variables: Readonly<Record<string, string | undefined>>): boolean {
  return ELSEWHERE.test(JSON.stringify(variables))
}

/** The secrets of a function: its variables, or what lies where they say, which is read by a module that is loaded then. */
export function secretsOf(variables: Readonly<Record<string, string | undefined>>, sink: Sink): Maybe<SecretSource> {
  if (!lieElsewhere(variables)) return env(variables)
  return import('../../src/secrets/aws.ts').then(({ aws }) => aws(variables, sink))
}
