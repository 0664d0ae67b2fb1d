import { existsSync } from 'node:fs'
import type { JWK } from 'jose'
import type { SigningKey } from '../../key-sets/sign.ts'
import { signingKeyOf } from '../../key-sets/sign.ts'
import { secretValues } from '../../lib/secret.ts'
import { weaknessOf } from '../../readings.ts'
import { Failure } from '../failure.ts'
import { read, secretsOf, variablesOf } from '../inputs.ts'
import { oneOf } from '../keys/draft-flags.ts'
import { warn } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { UsageError } from '../usage.ts'

/** Where the key is. A flag's value would be seen by every process of the machine. */
export const KEY_VARIABLE = 'LATCHKEY_JWT_KEY'

const SHARED = ['HS256', 'HS384', 'HS512'] as const
const PRIVATE = ['ES256', 'EdDSA', 'RS256'] as const
const ALGORITHMS = [...SHARED, ...PRIVATE] as const
type Algorithm = (typeof ALGORITHMS)[number]

export const SIGNER_FLAGS: Flags = {
  algorithm: {
    type: 'string',
    valueHint: ALGORITHMS.join('|'),
    description: 'default: what a private key is for; of a shared secret HS256',
  },
  'key-file': {
    type: 'string',
    valueHint: 'FILE',
    description: `the file of the shared secret or private JSON Web Key; else ${KEY_VARIABLE}`,
  },
}

/** What signs, and what the header says of it. */
export interface Signer {
  readonly algorithm: Algorithm
  readonly keyId: string | undefined
  readonly key: SigningKey
  /** Where the key was found. */
  readonly from: string
}

/** The signer that the flags mean. Throws a `Failure`, which never holds the key, where there is none or it cannot sign. */
export async function signerGiven(flags: Given): Promise<Signer> {
  const asked = oneOf('algorithm', flags.text('algorithm'), ALGORITHMS)
  const { text, from } = await find(flags)
  const jwk = jwkIn(text)
  return jwk ? privateSigner(jwk, from, asked) : sharedSigner(text, from, asked ?? 'HS256')
}

async function find(flags: Given): Promise<{ readonly text: string; readonly from: string }> {
  const path = flags.text('key-file')
  if (path !== undefined) {
    // Not named in the error: somebody may have pasted the key itself.
    if (!existsSync(path)) throw new UsageError('--key-file names a file, and there is none of that name')
    const [text] = secretValues(read(path, '--key-file'))
    if (text === undefined) throw new Failure(`--key-file ${path}: it is empty`)
    return { text, from: path }
  }
  const [text] = await secretsOf(flags, variablesOf(flags)).get(KEY_VARIABLE)
  if (text === undefined) throw new Failure(`${KEY_VARIABLE} is not set here: set it, or name a file by --key-file`)
  return { text, from: KEY_VARIABLE }
}

function sharedSigner(text: string, from: string, algorithm: Algorithm): Signer {
  if (!isAmong(SHARED, algorithm)) throw new Failure(`${from} is no private JSON Web Key, which ${algorithm} needs`)
  const least = Number(algorithm.slice(2)) / 8
  const key = new TextEncoder().encode(text)
  if (key.length < least)
    throw new Failure(`${from} is shorter than the ${least} bytes that ${algorithm} needs (RFC 7518 3.2)`)
  const weakness = weaknessOf(text)
  if (weakness) warn(`${from} ${weakness}; make one with: latchkey token`)
  return { algorithm, keyId: undefined, key, from }
}

async function privateSigner(jwk: JWK, from: string, asked: Algorithm | undefined): Promise<Signer> {
  const algorithm = asked ?? algorithmOf(jwk)
  // A secret that a public key could be passed off as (RFC 8725 2.1) is none.
  if (!algorithm || isAmong(SHARED, algorithm) || typeof jwk.d !== 'string') {
    throw new Failure(`${from} is no private JSON Web Key for ${algorithm ?? PRIVATE.join(', ')}`)
  }
  const key = await signingKeyOf(jwk, algorithm).catch(() => {
    throw new Failure(`${from} is no private key for ${algorithm}`)
  })
  return { algorithm, keyId: typeof jwk.kid === 'string' ? jwk.kid : undefined, key, from }
}

function algorithmOf({ kty, crv }: JWK): Algorithm | undefined {
  if (kty === 'RSA') return 'RS256'
  if (kty === 'EC') return crv === 'P-256' ? 'ES256' : undefined
  return kty === 'OKP' && crv === 'Ed25519' ? 'EdDSA' : undefined
}

/** A text that is a JSON object with `kty` is a key, and any other one a shared secret. */
function jwkIn(text: string): JWK | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof Object(value).kty === 'string' ? (value as JWK) : undefined
  } catch {
    return undefined
  }
}

function isAmong(algorithms: readonly Algorithm[], algorithm: Algorithm): boolean {
  return algorithms.includes(algorithm)
}
