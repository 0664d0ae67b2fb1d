import type { Settings, Slot } from '../config.ts'
import { slotsOf } from '../config.ts'
import type { JwtDocument } from '../document.ts'
import { identityKeyOf } from '../http/signed-identity.ts'
import { issuingOf } from '../issuing.ts'
import { KeySetRefused, keySetOf } from '../key-sets/key-set.ts'
import { ownKeyOf } from '../key-sets/own-key.ts'
import { MOST_KEYS_SECONDS } from '../key-sets/remote.ts'
import { secretKeys } from '../key-sets/secrets.ts'
import type { SecretSource } from '../model/ports.ts'

/** How long tokens of issuers count, which nothing but their keys can shorten: a line for each credential. */
export function livesOf({ credentials, staleSeconds }: Settings): string[] {
  return credentials.flatMap(({ name, document }) => {
    if (document.kind !== 'jwt') return []
    if ('own' in document.keys)
      return [`tokens of ${name} count until their own end, or that of their key where there is a store`]
    const keys =
      'jwksUrl' in document.keys || 'discover' in document.keys
        ? `a key that its issuer withdraws counts for ${MOST_KEYS_SECONDS} s at most, and ${staleSeconds} s more while the issuer is down`
        : 'its keys are those of the secret'
    return [`tokens of ${name} count ${endOf(document)}; ${keys}`]
  })
}

function endOf({ requireExpiry = true, maxAgeSeconds }: JwtDocument): string {
  if (maxAgeSeconds !== undefined) return `until their own end, ${maxAgeSeconds} s after they were issued at the latest`
  return requireExpiry ? 'until their own end' : 'until their own end, or for ever where they have none'
}

/** What a jwt credential lets pass that its author may not have meant. */
export function jwtWarnings({ credentials }: Settings): string[] {
  return credentials.flatMap(({ name, document }) => {
    if (document.kind !== 'jwt') return []
    const { issuer, audience, require, requireExpiry, maxAgeSeconds } = document
    return [
      ...(issuer === null ? [`credential ${name} takes tokens of every issuer that its keys have signed`] : []),
      ...(audience === null && require === undefined
        ? [
            `credential ${name} takes tokens that were made for other services: name an audience, or claims in "require"`,
          ]
        : []),
      ...(requireExpiry === false && maxAgeSeconds === undefined
        ? [`credential ${name} takes tokens that never end: set "maxAgeSeconds"`]
        : []),
    ]
  })
}

/** What is wrong with keys that stand in secrets, in words that do not tell them. */
export async function keyFaults(settings: Settings, secrets: SecretSource): Promise<string[]> {
  const faults: string[] = []
  async function look(slots: readonly Slot[], read: (value: string) => Promise<unknown>): Promise<void> {
    for (const { name } of slots) {
      for (const value of await secrets.get(name)) {
        const why = await read(value).then(() => undefined, reasonOf)
        if (why !== undefined) faults.push(`secret ${name}: ${why}`)
      }
    }
  }
  for (const { document, slots } of settings.credentials) {
    if (document.kind !== 'jwt') continue
    const { keys, algorithms = [] } = document
    await look(slots, (value) => ('jwks' in keys ? keySetOf : secretKeys)(value, algorithms))
  }
  await look(issuingOf(settings)?.published ?? [], ownKeyOf)
  const { identity } = settings.document
  if (identity) {
    const { keys, next, algorithm = 'EdDSA' } = identity
    await look([...slotsOf(keys), ...(next ? slotsOf(next) : [])], (value) => identityKeyOf(value, algorithm))
  }
  return faults
}

function reasonOf(error: unknown): string {
  if (error instanceof KeySetRefused) return error.message
  throw error
}
