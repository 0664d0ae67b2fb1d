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
      return isStoreSecret(binding) ? inTime(binding.get()).then(secretValues) : []
    },
  }
}

function isStoreSecret(binding: unknown): binding is SecretsStoreSecret {
  return typeof binding === 'object' && binding !== null && 'get' in binding && typeof binding.get === 'function'
}

/** A store that does not answer is down: secrets that are known count on, and are not waited for. */
const PATIENCE_MILLISECONDS = 5000

function inTime<T>(reading: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DOMException('no answer', 'TimeoutError')), PATIENCE_MILLISECONDS)
  })
  return Promise.race([reading, late]).finally(() => clearTimeout(timer))
}
