import type { JsonWebKey } from 'node:crypto'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ownKeyOf } from '../../src/key-sets/own-key.ts'
import { NOW } from '../given/access.ts'
import { KEYS } from '../given/jwt.ts'
import type { Made } from './given.ts'
import { AUDIENCE, made, ORIGIN, SHARED } from './given.ts'

/** What a verifier of signed identities, in whichever language, must say: docs/identity.md tells how it is read. */
export interface VectorFile extends VectorSettings {
  readonly about: string
  readonly rows: readonly IdentityVector[]
}

export interface VectorSettings {
  readonly audience: string
  readonly publicOrigin: string
  /** The clock, in epoch seconds. */
  readonly now: number
  /** How far it may be off. */
  readonly toleranceSeconds: number
  /** What is published, where identities are signed by EdDSA. */
  readonly jwks: { readonly keys: readonly object[] }
  /** What counts where they are signed by HS256. */
  readonly secrets: readonly string[]
}

/** One request, with the settings in which it differs from the file's. */
export interface IdentityVector extends Partial<VectorSettings> {
  readonly title: string
  readonly algorithm: 'EdDSA' | 'HS256'
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  /** The values of `X-Latchkey-Identity`, in order. */
  readonly values: readonly string[]
  /** Whether it is answered, or refused by 403. */
  readonly expect: 'passes' | 'refused'
}

/** A key of Ed25519 that is the same in every run, and protects nothing. */
function fixedKey(byte: number): JsonWebKey {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, byte)])
  return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
}

const PRIVATE = { current: KEYS.ed1, previous: fixedKey(7), stranger: fixedKey(9) }
const OLDER_SECRET = 'an older secret of forty-three characters..'

type Row = Omit<IdentityVector, 'algorithm' | 'method' | 'target' | 'values' | 'expect'> &
  Partial<Pick<IdentityVector, 'method' | 'target' | 'values'>> & { readonly made?: Made }

/** The whole file, made anew: the same in every run, as signatures of Ed25519 are. */
export async function vectorFile(): Promise<VectorFile> {
  const [current, previous] = await Promise.all(
    [PRIVATE.current, PRIVATE.previous].map(async (key) => (await ownKeyOf(JSON.stringify(key))).publicKey),
  )
  if (!current || !previous) throw new Error('no keys')
  const { kid } = current
  const jwks = { keys: [current, previous] }
  const pem = createPublicKey({ key: PRIVATE.current, format: 'jwk' }).export({ format: 'pem', type: 'spki' }) as string

  const by = (algorithm: IdentityVector['algorithm'], expect: IdentityVector['expect']) => (row: Row) => {
    const { made: how, method = 'GET', target = '/orders', values, ...rest } = row
    const own: Made = algorithm === 'EdDSA' ? { header: { kid } } : { by: SHARED, header: { kid: undefined } }
    const header = { ...own.header, ...how?.header }
    const token = made({ ...own, ...how, header })
    return { ...rest, algorithm, method, target, values: values ?? [token], expect }
  }
  const [ed, hs] = [made({ header: { kid } }), made({ by: SHARED, header: { kid: undefined } })]
  const without = (token: string) => token.replace(/[^.]*$/, '')
  // Deeper than parsers go that call themselves for each level.
  const nested = Buffer.from('['.repeat(5000)).toString('base64url')

  const passes: Row[] = [
    { title: 'what the gate has signed' },
    { title: 'another query', target: '/orders?another=query' },
    { title: 'another method', method: 'PUT', made: { claims: { htm: 'PUT' } } },
    { title: 'the root', target: '/', made: { claims: { htu: `${ORIGIN}/` } } },
    {
      title: 'escapes in lower case, which are bound in upper case',
      target: '/orders/a%c3%bcb%2fc',
      made: { claims: { htu: `${ORIGIN}/orders/a%C3%BCb%2Fc` } },
    },
    {
      title: 'nobody in particular, on a public route',
      made: { claims: { sub: '', kind: 'anonymous', name: undefined, type: undefined } },
    },
    { title: 'a clock that is a little ahead', now: NOW + 64 },
    { title: 'a clock that is a little behind', now: NOW - 4 },
    { title: 'an end that comes sooner than after a minute', now: NOW + 14, made: { claims: { exp: NOW + 10 } } },
  ]
  const refused: Row[] = [
    { title: 'nothing', values: [] },
    { title: 'an empty field', values: [''] },
    { title: 'no token', values: ['app'] },
    { title: 'by another method', method: 'DELETE' },
    { title: 'by the method in another case', method: 'get' },
    { title: 'on another path', target: '/orders/7' },
    { title: 'on the path with a slash at its end', target: '/orders/' },
    { title: 'on the path in another case', target: '/Orders' },
    { title: 'on the path, escaped', target: '/%6frders' },
    { title: 'on a path that a parser would tidy up', target: '/x/../orders' },
    { title: 'in absolute form', target: `${ORIGIN}/orders` },
    {
      title: 'of a path whose escape was decoded',
      target: '/orders/a/c',
      made: { claims: { htu: `${ORIGIN}/orders/a%2Fc` } },
    },
    { title: 'after a minute', now: NOW + 66 },
    { title: 'before its time', now: NOW - 6 },
    {
      title: 'after its end, that comes sooner than after a minute',
      now: NOW + 16,
      made: { claims: { exp: NOW + 10 } },
    },
    {
      title: 'older than a minute, whatever it says of its end',
      made: { claims: { iat: NOW - 100, exp: NOW + 10_000 } },
    },
    { title: 'without an end', made: { claims: { exp: undefined } } },
    { title: 'without a beginning', made: { claims: { iat: undefined } } },
    { title: 'without a method', made: { claims: { htm: undefined } } },
    { title: 'without a path', made: { claims: { htu: undefined } } },
    { title: 'for another audience', made: { claims: { aud: 'other' } } },
    { title: 'at an origin of another audience', audience: 'other' },
    { title: 'by another issuer', made: { claims: { iss: 'https://evil.example' } } },
    { title: 'of another public origin', made: { claims: { htu: 'https://evil.example/orders' } } },
    { title: 'at another public origin', publicOrigin: 'https://staging.example' },
    { title: 'an access token', made: { header: { typ: 'at+jwt' } } },
    { title: 'a token of no such type', made: { header: { typ: 'JWT' } } },
    { title: 'a token of no type', made: { header: { typ: undefined } } },
    { title: 'an extension that must be known', made: { header: { crit: ['x'], x: 1 } } },
    { title: 'a header that is nested too deep', values: [`${nested}.e30.AAAA`] },
    { title: 'no algorithm, with a signature', made: { header: { alg: 'none' } } },
  ]
  return {
    about:
      'Requests that show an X-Latchkey-Identity to an origin, and whether it answers them. docs/identity.md says how they are read; test/identity/vector-file.ts makes them.',
    audience: AUDIENCE,
    publicOrigin: ORIGIN,
    now: NOW,
    toleranceSeconds: 5,
    jwks,
    secrets: [SHARED, OLDER_SECRET],
    rows: [
      ...passes.map(by('EdDSA', 'passes')),
      ...[{ title: 'by the key before', made: { by: PRIVATE.previous, header: { kid: previous.kid } } }].map(
        by('EdDSA', 'passes'),
      ),
      ...refused.map(by('EdDSA', 'refused')),
      ...[
        { title: 'two of them', values: [ed, ed] },
        { title: 'two of them, joined', values: [`${ed}, ${ed}`] },
        { title: 'no algorithm, and no signature', values: [without(made({ header: { alg: 'none', kid } }))] },
        { title: 'its signature cut off', values: [without(ed)] },
        { title: 'claims that are nested too deep, by nobody', values: [ed.replace(/\.[^.]*\..*/, `.${nested}.AAAA`)] },
        {
          title: 'by a key that was withdrawn',
          jwks: { keys: [current] },
          made: { by: PRIVATE.previous, header: { kid: previous.kid } },
        },
        { title: 'by somebody else under the id of the key', made: { by: PRIVATE.stranger } },
        { title: 'by a key that nobody has published', made: { by: PRIVATE.stranger, header: { kid: 'stranger' } } },
        {
          title: 'by a key that it brings',
          made: { by: PRIVATE.stranger, header: { jwk: { ...PRIVATE.stranger, d: undefined } } },
        },
        { title: 'of no key', made: { header: { kid: undefined } } },
        { title: 'HS256 by the public key', made: { by: pem } },
        {
          title: 'HS256 by the bytes of the public key',
          made: { by: Buffer.from(PRIVATE.current.x as string, 'base64url') },
        },
        { title: 'HS256 by the key set', made: { by: JSON.stringify(jwks) } },
        { title: 'HS256 where key pairs count', values: [hs] },
      ].map(by('EdDSA', 'refused')),
      ...passes.map(by('HS256', 'passes')),
      ...[{ title: 'by an older secret', made: { by: OLDER_SECRET } }].map(by('HS256', 'passes')),
      ...refused.map(by('HS256', 'refused')),
      ...[
        { title: 'two of them', values: [hs, hs] },
        { title: 'two of them, joined', values: [`${hs}, ${hs}`] },
        { title: 'no algorithm, and no signature', values: [without(made({ by: SHARED, header: { alg: 'none' } }))] },
        { title: 'its signature cut off', values: [without(hs)] },
        { title: 'claims that are nested too deep, by nobody', values: [hs.replace(/\.[^.]*\..*/, `.${nested}.AAAA`)] },
        { title: 'by a secret that was withdrawn', secrets: [SHARED], made: { by: OLDER_SECRET } },
        { title: 'by another secret', made: { by: 'z'.repeat(43) } },
        { title: 'another algorithm of the family', made: { by: SHARED, header: { alg: 'HS512' } } },
        { title: 'EdDSA where secrets count', values: [ed] },
      ].map(by('HS256', 'refused')),
    ],
  }
}

/** Where the file lies. */
export const VECTOR_FILE = new URL('vectors.json', import.meta.url)

/** As it is written. */
export function textOf(file: VectorFile): string {
  return `${JSON.stringify(file, null, 2)}\n`
}

if (import.meta.main) {
  writeFileSync(VECTOR_FILE, textOf(await vectorFile()))
  console.log(fileURLToPath(VECTOR_FILE))
}
