import { PEPPER_SECRET, pepperOfStore } from '../../adapters/node/pepper.ts'
import type { OpenedStore } from '../../adapters/node/stores.ts'
import { openStore } from '../../adapters/node/stores.ts'
import { settingsOf } from '../config.ts'
import { nodeDigests } from '../crypto/node.ts'
import type { Document } from '../document.ts'
import { keyCredentials } from '../key-settings.ts'
import type { Issued, Unchanged } from '../keys/asked.ts'
import { checkPepper } from '../keys/pepper-check.ts'
import type { Registry } from '../keys/registry.ts'
import type { SecretSource } from '../model/ports.ts'
import { Failure } from './failure.ts'
import { partsOf } from './keys/parts.ts'
import { now } from './keys/times.ts'
import { warn } from './terminal.ts'

/** What `serve` is told of issued keys. */
export interface KeyInputs {
  /** The text of the store that the flags or the environment name; absent: what the document's binding holds. */
  readonly text: string | undefined
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly secrets: SecretSource
  readonly document: Document
}

/** The store of a document that issues keys, and its secrets with the pepper among them. */
export interface ReadyKeys {
  readonly store: OpenedStore
  readonly text: string
  readonly secrets: SecretSource
  readonly registry: Registry
}

/**
 * Opens the store and sees to its pepper: one beside an SQLite file is made where there is none. Undefined where the
 * document issues no keys, or nothing says yet where they are. Throws where the store was made under another pepper.
 */
export async function readyKeys({ text, variables, secrets, document }: KeyInputs): Promise<ReadyKeys | undefined> {
  const [credential] = keyCredentials(settingsOf(document, { transport: 'any' }))
  if (!credential || !document.store) return undefined
  const named = text ?? (await secrets.get(document.store.binding))[0]
  if (named === undefined) return undefined
  const store = await openStore(named, variables)
  try {
    const { registry } = await partsOf({ text: named, store, secrets, document }, true)
    const ready = { store, text: named, registry, secrets: withPepper(named, secrets) }
    for (const { version, secret } of credential.document.peppers) {
      const [value] = await ready.secrets.get(secret)
      if (value === undefined) continue
      if ((await checkPepper(store, { version: String(version), secret: value }, nodeDigests())) === 'other') {
        throw new Failure(`the keys of this store were made under another pepper: give ${secret} its value back`)
      }
    }
    return ready
  } catch (error) {
    // The gate starts without a pepper that is set later, and says what it lacks.
    if (isUnset(error)) return notYet(error, store)
    store.close?.()
    throw error
  }
}

function isUnset(error: unknown): error is Error {
  return error instanceof Error && /^(?:Failure|PepperMissing)$/.test(error.name) && error.message.startsWith('set ')
}

function notYet({ message }: Error, store: OpenedStore): undefined {
  warn(message)
  store.close?.()
  return undefined
}

/** The file beside a store counts where the secret has no value of its own. */
export function withPepper(text: string, secrets: SecretSource): SecretSource {
  return {
    async get(name) {
      const own = await secrets.get(name)
      if (own.length > 0 || name !== PEPPER_SECRET) return own
      const kept = await pepperOfStore(text, secrets)
      return kept ? [kept.secret] : []
    },
  }
}

/** The first key of an empty store: it makes all others. Undefined where there are keys already. */
export async function firstKey({ registry }: ReadyKeys): Promise<Issued | undefined> {
  const { items } = await registry.list({ limit: 1 }, 'operator')
  if (items.length > 0) return undefined
  const made: Issued | Unchanged = await registry.create(
    { name: 'admin', description: 'the first key', type: 'full-access', surface: 'keys' },
    'operator',
    now(),
  )
  return 'problem' in made ? undefined : made
}
