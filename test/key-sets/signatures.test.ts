import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { keySetOf } from '../../src/key-sets/key-set.ts'
import type { VerifyingKey, VerifySignature } from '../../src/key-sets/keys.ts'
import { secretKeys } from '../../src/key-sets/secrets.ts'
import { signatureByJose } from '../../src/key-sets/signature-by-jose.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import type { KeyName, Minted } from '../given/jwt.ts'
import { base64url, keySet, mint } from '../given/jwt.ts'

const SECRET = 'a shared secret of sixty-four bytes, which is enough for all hashes'
const P256 = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551')
const ED25519 = (1n << 252n) + 27742317777372353535851937790883648493n

/** An algorithm, and who signs by it. */
const SIGNERS: readonly (readonly [algorithm: string, by: KeyName | { readonly secret: string }])[] = [
  ...(['HS256', 'HS384', 'HS512'] as const).map((algorithm) => [algorithm, { secret: SECRET }] as const),
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const).map((algorithm) => [algorithm, 'rsa1'] as const),
  ['ES256', 'ec1'],
  ['ES384', 'ec384'],
  ['ES512', 'ec521'],
  ['EdDSA', 'ed1'],
]

const keys = new Map<string, VerifyingKey>()

beforeAll(async () => {
  const algorithms = SIGNERS.map(([algorithm]) => algorithm)
  const isShared = (algorithm: string) => algorithm.startsWith('HS')
  const set = keySet('rsa1', 'ec1', 'ec384', 'ec521', 'ed1')
  const found = await keySetOf(
    set,
    algorithms.filter((each) => !isShared(each)),
  )
  for (const key of [...found, ...(await secretKeys(SECRET, algorithms.filter(isShared)))]) keys.set(key.algorithm, key)
})

const keyOf = (algorithm: string) => keys.get(algorithm) as VerifyingKey

function signed(algorithm: string, by: Minted['by'], more: Minted = {}): string {
  return mint({ ...more, by: by as KeyName, signedAs: algorithm, header: { alg: algorithm } })
}

/** The same token with another signature. */
function withSignature(token: string, change: (signature: Buffer) => Uint8Array): string {
  const end = token.lastIndexOf('.') + 1
  return token.slice(0, end) + base64url(change(Buffer.from(token.slice(end), 'base64url')))
}

function bigEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
}

function bytesOf(value: bigint, length = 32): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex')
}

const CHANGES: readonly (readonly [name: string, change: (signature: Buffer) => Uint8Array])[] = [
  ['nothing', () => new Uint8Array()],
  ['zeros', (signature) => Buffer.alloc(signature.length)],
  ['a byte less', (signature) => signature.subarray(0, -1)],
  ['a byte more', (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
  ['a zero before it', (signature) => Buffer.concat([Buffer.alloc(1), signature])],
  [
    'another first bit',
    (signature) => Buffer.concat([Buffer.from([signature.readUInt8(0) ^ 0x80]), signature.subarray(1)]),
  ],
  [
    'its halves in the other order',
    (signature) =>
      Buffer.concat([signature.subarray(signature.length / 2), signature.subarray(0, signature.length / 2)]),
  ],
]

describe.each<[string, VerifySignature]>([
  ['signatureByJose', signatureByJose],
  ['signatureByNode', signatureByNode],
])('%s', (_, isSigned) => {
  test.each(SIGNERS)('takes what is signed by %s', async (algorithm, by) => {
    expect(await isSigned(keyOf(algorithm), signed(algorithm, by))).toBe(true)
    expect(await isSigned(keyOf(algorithm), signed(algorithm, by, { claims: { name: 'Zoë' } }))).toBe(true)
  })

  test.each(
    SIGNERS.flatMap(([algorithm, by]) => CHANGES.map(([name, change]) => [algorithm, name, by, change] as const)),
  )('refuses %s with %s', async (algorithm, _name, by, change) => {
    expect(await isSigned(keyOf(algorithm), withSignature(signed(algorithm, by), change))).toBe(false)
  })

  test.each(SIGNERS)('refuses other claims under a signature by %s', async (algorithm, by) => {
    const [header, , signature] = signed(algorithm, by).split('.')
    const [, claims] = signed(algorithm, by, { claims: { sub: 'root' } }).split('.')
    expect(await isSigned(keyOf(algorithm), [header, claims, signature].join('.'))).toBe(false)
  })

  test.each<[name: string, r: bigint, s: bigint]>([
    ['0 and 0', 0n, 0n],
    ['0 and 1', 0n, 1n],
    ['1 and 0', 1n, 0n],
    ['the order and 1', P256, 1n],
    ['1 and the order', 1n, P256],
  ])('refuses the numbers %s for ES256, which prove nothing', async (_name, r, s) => {
    const token = withSignature(signed('ES256', 'ec1'), () => Buffer.concat([bytesOf(r), bytesOf(s)]))
    expect(await isSigned(keyOf('ES256'), token)).toBe(false)
  })

  test('refuses a number of Ed25519 that is too large (RFC 8032 5.1.7)', async () => {
    const token = withSignature(signed('EdDSA', 'ed1'), (signature) => {
      const number = bigEndian(Buffer.from(signature.subarray(32)).reverse()) + ED25519
      return Buffer.concat([signature.subarray(0, 32), bytesOf(number).reverse()])
    })
    expect(await isSigned(keyOf('EdDSA'), token)).toBe(false)
  })

  test('refuses a salt of another length, or none', async () => {
    const [header, claims, signature] = signed('RS256', 'rsa1').split('.')
    const head = base64url(JSON.stringify({ alg: 'PS256', kid: 'rsa1' }))
    expect(await isSigned(keyOf('PS256'), [head, claims, signature].join('.'))).toBe(false)
    expect(await isSigned(keyOf('PS512'), [header, claims, signature].join('.'))).toBe(false)
  })

  test.each<[algorithm: string, by: KeyName]>([
    ['RS256', 'short'],
    ['ES256', 'stranger'],
  ])('refuses another key by %s', async (algorithm, by) => {
    expect(await isSigned(keyOf(algorithm), signed(algorithm, by))).toBe(false)
  })
})

test('both say the same of every signature', async () => {
  const somewhere = fc.tuple(fc.constantFrom(...SIGNERS), fc.nat(), fc.integer({ min: 0, max: 255 }))
  await fc.assert(
    fc.asyncProperty(somewhere, async ([[algorithm, by], place, mask]) => {
      const token = withSignature(signed(algorithm, by), (signature) => {
        const at = place % signature.length
        return signature.map((byte, each) => (each === at ? byte ^ mask : byte))
      })
      const key = keyOf(algorithm)
      expect(await signatureByNode(key, token)).toBe(await signatureByJose(key, token))
    }),
    { numRuns: 300 },
  )
})
