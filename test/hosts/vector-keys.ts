import { createHash } from 'node:crypto'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Pepper } from '../../src/keys/format.ts'
import { digestOf, formatKey } from '../../src/keys/format.ts'
import { importEntryOf, importedDigestOf } from '../../src/keys/import.ts'
import type { ImportScheme, KeptSecret, KeyRecord } from '../../src/keys/record.ts'
import { encodeRecord } from '../../src/keys/record.ts'
import { base62 } from '../../src/lib/base62.ts'
import { crc32 } from '../../src/lib/crc32.ts'
import type { Index } from '../../src/model/ports.ts'

type Facts = 'type' | 'permissions' | 'surface' | 'owner' | 'state' | 'addresses' | 'limits'

/** A key of a row: what its record says, and what it is made of. Its id and secrets are made from its name. */
export interface VectorKey extends Partial<Pick<KeyRecord, Facts>> {
  /** RFC 3339. Default: never. */
  readonly expires?: string
  /** Until when the secret before the last rotation counts, RFC 3339. Default: there is none. */
  readonly previousUntil?: string
  /** Default `lk`. */
  readonly prefix?: string
  /** The version, and the name of the file's secret. Default 1 and `PEPPER`. */
  readonly pepper?: { readonly version: string; readonly secret: string }
  /** Another system's token, and how that system has digested it: then this is its token. */
  readonly imported?: { readonly scheme: ImportScheme; readonly token: string; readonly hash: string }
  /** Laid over the stored record, or stored instead of it: what this version does not write. */
  readonly stored?: Readonly<Record<string, unknown>> | string
  /** It was never stored, or it was deleted. */
  readonly isMissing?: boolean
}

/** An entry as a store is given it. */
export interface VectorEntry {
  readonly id: string
  readonly value: string
  readonly index?: Index
}

/** A key that was made. */
export interface MadeKey {
  readonly id: string
  readonly entries: readonly VectorEntry[]
  /** What nobody is ever told, by what it is. */
  readonly hidden: Readonly<Record<string, string>>
  /** Its token, or what somebody makes of it. */
  token(form: string): string
}

const CREATED_AT = Date.parse('2026-01-01T00:00:00Z') / 1000
const digests = nodeDigests()

/** Makes a key. `seed`: equal ones give equal keys, different ones different keys. `secrets`: of the file. */
export function madeKey(key: VectorKey, seed: string, secrets: Readonly<Record<string, string>>): MadeKey {
  const { imported, prefix = 'lk', pepper: named = { version: '1', secret: 'PEPPER' } } = key
  const pepper: Pepper = { version: named.version, secret: secrets[named.secret] as string }
  const id = base62(hashOf(`id ${seed}`).subarray(0, 12))
  const [current, previous] = ['current', 'previous'].map((which) => base62(hashOf(`${which} ${seed}`))) as [
    string,
    string,
  ]
  const kept = (secret: string): KeptSecret => ({
    digest: now(digestOf(id, secret, pepper, digests)),
    pepperVersion: pepper.version,
  })
  const secret = imported ? importedSecret(imported, pepper) : kept(current)
  const old = kept(previous)
  const tokens = { current: imported?.token ?? tokenOf(current), previous: tokenOf(previous) }

  function tokenOf(text: string, under: Pepper = pepper): string {
    return now(formatKey(prefix, { id, secret: text }, under, digests))
  }

  return {
    id,
    entries: key.isMissing ? [] : entriesOf(key, recordOf(key, id, secret, old, seed), imported && secret),
    hidden: {
      token: tokens.current,
      secret: current,
      digest: secret.digest,
      'previous token': tokens.previous,
      'previous secret': previous,
      'previous digest': old.digest,
      ...(imported && { hash: imported.hash }),
    },
    token(form) {
      if (form === 'previous') return tokens.previous
      if (form === 'forged') return tokenOf(current, { ...pepper, secret: `not ${pepper.secret}` })
      if (form === 'other-secret') return tokenOf(base62(hashOf(`other ${seed}`)))
      return spelt(tokens.current, form)
    },
  }
}

/** What somebody makes of a token who has no pepper. */
function spelt(token: string, form: string): string {
  const body = token.slice(0, -6)
  const behind = body.slice(body.lastIndexOf('_') + 1)
  switch (form) {
    case '':
      return token
    case 'cut':
      return token.slice(0, -1)
    case 'longer':
      return `${token}0`
    case 'upper':
      return token.toUpperCase()
    case 'lower':
      return token.toLowerCase()
    case 'mistyped':
      return token.slice(0, 40) + (token[40] === 'a' ? 'b' : 'a') + token.slice(41)
    case 'of version 2':
      return checked(body.replace(`_${behind}`, `_2${behind.slice(1)}`))
    case 'with a number too great':
      return checked(body.slice(0, -43) + 'z'.repeat(43))
    default:
      // `as PREFIX`: the same key under another prefix, whose tag is another one.
      return checked(`${form.slice('as '.length)}_${behind}`)
  }
}

function checked(body: string): string {
  const crc = crc32(body)
  return body + base62(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc))
}

function importedSecret({ scheme, hash }: NonNullable<VectorKey['imported']>, pepper: Pepper): KeptSecret {
  return { digest: now(importedDigestOf(scheme, hash, pepper, digests)), pepperVersion: pepper.version, scheme }
}

function recordOf(key: VectorKey, id: string, secret: KeptSecret, old: KeptSecret, seed: string): KeyRecord {
  const { type = 'read-only', permissions = [], surface = 'api', state = 'active', owner, addresses, limits } = key
  return {
    id,
    name: `key ${hashOf(seed).toString('hex').slice(0, 16)}`,
    type,
    permissions,
    surface,
    ...(owner !== undefined && { owner }),
    createdAt: CREATED_AT,
    ...(key.expires !== undefined && { expiresAt: secondsOf(key.expires) }),
    state,
    secret,
    ...(key.previousUntil !== undefined && { previous: { ...old, until: secondsOf(key.previousUntil) } }),
    ...(addresses && { addresses }),
    ...(limits && { limits }),
    ...(key.imported && { imported: secret }),
    ...(state === 'revoked' && { revoked: { at: CREATED_AT } }),
  }
}

function entriesOf({ stored }: VectorKey, record: KeyRecord, imported: KeptSecret | undefined): VectorEntry[] {
  const { id, name, expiresAt } = record
  const text = encodeRecord(record)
  const value = typeof stored === 'string' ? stored : JSON.stringify({ ...JSON.parse(text), ...stored })
  const index = { name, ...(expiresAt !== undefined && { expires: expiresAt }) }
  return [{ id: `key:${id}`, value, index }, ...(imported ? [{ id: importEntryOf(imported), value: id }] : [])]
}

/** RFC 3339 in epoch seconds. */
export function secondsOf(time: string): number {
  return Date.parse(time) / 1000
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** Node's digests are there at once. */
function now(text: string | Promise<string>): string {
  if (typeof text !== 'string') throw new TypeError('a digest that is still to come')
  return text
}
