import { secretValues } from '../lib/secret.ts'
import type { SecretSource } from '../model/ports.ts'

/** Secrets from an environment: a process's variables, or any record of texts. */
export function env(variables: Readonly<Record<string, string | undefined>>): SecretSource {
  return { get: (name) => secretValues(Object.hasOwn(variables, name) ? variables[name] : undefined) }
}
