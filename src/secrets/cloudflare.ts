import { secretValues } from '../lib/secret.ts'
import type { SecretSource } from '../model/ports.ts'

/** A Secrets Store binding: read asynchronously, and again after every change. */
interface SecretsStoreSecret {
  get(): Promise<string>
}

/** Secrets from a Worker's bindings: a secret or variable is a string, a Secrets Store binding is asked. */
export function cloudflare(bindings: Readonly<Record<string, unknown>>): SecretSource {
  return {
    get(name) {
      const binding = Object.hasOwn(bindings, name) ? bindings[name] : undefined
      if (typeof binding === 'string') return secretValues(binding)
      return isStoreSecret(binding) ? binding.get().then(secretValues) : []
    },
  }
}

function isStoreSecret(binding: unknown): binding is SecretsStoreSecret {
  return typeof binding === 'object' && binding !== null && 'get' in binding && typeof binding.get === 'function'
}
