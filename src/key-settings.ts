import type { CredentialSettings, Settings } from './config.ts'
import { slotsAt } from './config.ts'
import type { ApiKeyDocument } from './document.ts'
import type { LifetimePolicy } from './keys/draft.ts'
import { DEFAULT_LIFETIMES } from './keys/draft.ts'
import type { Pepper } from './keys/format.ts'
import type { Secret } from './lib/secret.ts'
import type { EpochSeconds } from './model/access.ts'

export const DEFAULT_CACHE_SECONDS = 10
export const DEFAULT_PREFIXES: readonly string[] = ['lk']

/** What a document says of the keys that it issues: what a registry is made of, but for the store. */
export interface KeySettings {
  /** Those that have a value. */
  readonly peppers: readonly Pepper[]
  /** The secret that new keys are made under, where it has no value: then none can be made. */
  readonly unset: string | undefined
  readonly prefix: string
  readonly lifetimes: LifetimePolicy
  /** The permissions that routes need, as templates. */
  readonly routePermissions: readonly string[]
  readonly encryptionKey: string | undefined
}

/** The credentials that take issued keys. New keys are made for the first one. */
export function keyCredentials(settings: Settings): (CredentialSettings & { readonly document: ApiKeyDocument })[] {
  return settings.credentials.filter((each) => each.kind === 'api-key') as never
}

/** Reads what a document says of issued keys; undefined where it issues none. `valuesOf` gives a secret's values that count. */
export function keySettingsOf(
  settings: Settings,
  valuesOf: (name: string) => readonly Secret[],
  at: EpochSeconds,
): KeySettings | undefined {
  const [credential] = keyCredentials(settings)
  if (!credential) return undefined
  const { peppers, prefixes = DEFAULT_PREFIXES } = credential.document
  const { defaultLifetimeDays, maxLifetimeDays, allowNever, encryption } = settings.document.keys ?? {}
  return {
    peppers: peppers.flatMap(({ version, secret }) =>
      valuesOf(secret).map((value) => ({ version: String(version), secret: value.reveal() })),
    ),
    unset: peppers[0] && valuesOf(peppers[0].secret).length === 0 ? peppers[0].secret : undefined,
    prefix: prefixes[0] as string,
    lifetimes: {
      defaultLifetimeDays: defaultLifetimeDays ?? DEFAULT_LIFETIMES.defaultLifetimeDays,
      maxLifetimeDays,
      allowNever: allowNever ?? maxLifetimeDays === undefined,
    },
    routePermissions: [...new Set(settings.routes.flatMap(({ permission }) => permission ?? []))],
    encryptionKey: (encryption ? slotsAt(encryption, at) : []).flatMap(({ name }) => valuesOf(name))[0]?.reveal(),
  }
}
