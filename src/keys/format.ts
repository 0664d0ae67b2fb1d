import { base62, isBase62Of } from '../lib/base62.ts'
import { crc32 } from '../lib/crc32.ts'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Digests } from '../model/ports.ts'

/**
 * The string form of an issued key, version 1; docs/tokens.md is its specification:
 * `<prefix>_<v><p><id:17><tag:11><secret:43><crc:6>`, all base62 after the underscore.
 */

/** The format's version, the first character after the prefix. */
const VERSION = '1'
const ID_BYTES = 12
const TAG_BYTES = 8
const SECRET_BYTES = 32

/** What a key says of itself before anybody has looked it up. Nothing of it is proved but what `isOurs` says. */
export interface KeyToken {
  readonly prefix: string
  /** Which pepper made the tag, one base62 character. */
  readonly pepperVersion: string
  readonly id: string
  readonly tag: string
  readonly secret: string
}

/** A secret of the deployment that no store holds, and the version that tokens name it by. */
export interface Pepper {
  /** One base62 character. */
  readonly version: string
  readonly secret: string
}

/** What a prefix may look like: one underscore inside is allowed, as in `lk_test`. */
export const PREFIX: RegExp = /^(?=.{2,21}$)[a-z][a-z0-9]{1,9}(?:_[a-z0-9]{1,10})?$/

const TOKEN =
  /^([a-z][a-z0-9]{1,9}(?:_[a-z0-9]{1,10})?)_1([0-9A-Za-z])([0-9A-Za-z]{17})([0-9A-Za-z]{11})([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/

/** Reads a token; undefined where it is none of ours: another shape, a number out of range, or a wrong check. */
export function parseKey(token: string): KeyToken | undefined {
  const match = TOKEN.exec(token)
  if (!match) return undefined
  const [, prefix, pepperVersion, id, tag, secret, check] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  if (check !== checkOf(token.slice(0, -check.length))) return undefined
  if (!isBase62Of(ID_BYTES, id) || !isBase62Of(TAG_BYTES, tag) || !isBase62Of(SECRET_BYTES, secret)) return undefined
  return { prefix, pepperVersion, id, tag, secret }
}

/** Whether the id was made under the pepper: a forged one is refused here, before any store is asked. */
export function isOurs(key: KeyToken, pepper: Pepper, digests: Digests): Maybe<boolean> {
  return after(tagOf(key.prefix, key.id, pepper, digests), (tag) => digests.equal(tag, key.tag))
}

/** What is kept of a secret: a digest under the pepper that also binds it to its id. */
export function digestOf(id: string, secret: string, pepper: Pepper, digests: Digests): Maybe<string> {
  return after(digests.hmac('SHA-256', pepper.secret, bytes(`latchkey secret 1\0${id}${secret}`)), base62)
}

/** Random parts of a new key. */
export interface Randomness {
  readonly id: string
  readonly secret: string
}

/** Draws what a new key is made of; `random` fills bytes from the runtime's own generator. */
export function drawKey(random: (bytes: number) => Uint8Array): Randomness {
  return { id: base62(random(ID_BYTES)), secret: drawSecret(random) }
}

/** Draws a new secret for an id that stays. */
export function drawSecret(random: (bytes: number) => Uint8Array): string {
  return base62(random(SECRET_BYTES))
}

/** Puts a key's token together. */
export function formatKey(prefix: string, { id, secret }: Randomness, pepper: Pepper, digests: Digests): Maybe<string> {
  return after(tagOf(prefix, id, pepper, digests), (tag) => {
    const body = `${prefix}_${VERSION}${pepper.version}${id}${tag}${secret}`
    return body + checkOf(body)
  })
}

function tagOf(prefix: string, id: string, pepper: Pepper, digests: Digests): Maybe<string> {
  const data = bytes(`latchkey id 1\0${prefix}${VERSION}${pepper.version}${id}`)
  return after(digests.hmac('SHA-256', pepper.secret, data), (mac) => base62(mac.subarray(0, TAG_BYTES)))
}

function checkOf(text: string): string {
  const crc = crc32(text)
  return base62(Uint8Array.of(crc >>> 24, crc >>> 16, crc >>> 8, crc))
}

/** Every part is ASCII, so one character is one byte. */
function bytes(text: string): Uint8Array {
  const data = new Uint8Array(text.length)
  for (let place = 0; place < text.length; place++) data[place] = text.charCodeAt(place)
  return data
}
