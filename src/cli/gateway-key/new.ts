import { randomBytes } from 'node:crypto'
import { documentGiven } from '../document.ts'
import { INPUT_FLAGS } from '../inputs.ts'
import { print, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import type { ConfiguredGateway, KeyName } from './gateways.ts'
import { gatewayNamed, ID_FLAG, idGiven } from './gateways.ts'

export const NEW_FLAGS: Flags = {
  id: { ...ID_FLAG, description: "the gateway's id, after which the secrets are called; default gateway" },
  primary: { type: 'boolean', description: 'only the primary key, alone' },
  secondary: { type: 'boolean', description: 'only the secondary key, alone' },
  config: { ...(INPUT_FLAGS['config'] as Flags[string]), description: 'the document, which names the secrets' },
  'env-file': INPUT_FLAGS['env-file'] as Flags[string],
  json: INPUT_FLAGS['json'] as Flags[string],
}

/** A key: 64 random bytes as base64, 88 characters on one line. The text counts, not the bytes. */
export function newKey(): string {
  return randomBytes(64).toString('base64')
}

/** `latchkey gateway-key new`: two lines for an env file on stdout, or one key and nothing else. */
export function newKeys(rawArgs: readonly string[]): number {
  const flags = given(rawArgs, NEW_FLAGS)
  const only = (['primary', 'secondary'] as const).filter((each) => flags.is(each))
  if (only.length > 1) throw new UsageError('without --primary and --secondary both keys are made')
  const id = idGiven(flags)
  const document = id === undefined ? undefined : documentGiven(flags)
  const gateway = id !== undefined && document ? gatewayNamed(id, document) : undefined
  const keys = (only.length > 0 ? only : (['primary', 'secondary'] as const)).map((which) => ({
    which,
    name: nameOf(which, id, gateway),
    key: newKey(),
  }))
  if (flags.is('json')) print(JSON.stringify(Object.fromEntries(keys.map(({ which, key }) => [which, key]))))
  else for (const { name, key } of keys) print(only.length > 0 ? key : `${name}=${key}`)
  if (only[0] !== undefined) say(`the new ${only[0]} key: set it as ${keys[0]?.name}`)
  return 0
}

/** What the document calls a key; else what `docs/gateway-keys.md` does. */
function nameOf(which: KeyName, id: string | undefined, gateway: ConfiguredGateway | undefined): string {
  const [slot] = gateway?.[which] ?? []
  return slot?.name ?? secretName(id ?? 'gateway', which)
}

/** A name that a secret can have, after a gateway's id: `GW1_PRIMARY`. */
export function secretName(id: string, which: KeyName): string {
  const plain = id
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, '_')
    .slice(0, 50)
  return `${/^[A-Z_]/.test(plain) ? '' : '_'}${plain}_${which.toUpperCase()}`
}
