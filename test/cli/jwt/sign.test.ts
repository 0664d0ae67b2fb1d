import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calculateJwkThumbprint, decodeJwt, importJWK, jwtVerify } from 'jose'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ownKeyOf } from '../../../src/key-sets/own-key.ts'
import type { KeyName } from '../../given/jwt.ts'
import { KEYS, publicKey } from '../../given/jwt.ts'
import { run } from '../run.ts'
import { runHere } from '../run-here.ts'

const SECRET = 'a shared secret of at least sixty-four bytes, as HS512 has it: 1234567890'

/** A file that is gone after the test. */
function fileOf(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-jwt-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'key'), text)
  return join(folder, 'key')
}

function signed(args: readonly string[], key: string = SECRET) {
  return runHere(['jwt', 'sign', ...args], { LATCHKEY_JWT_KEY: key })
}

describe('latchkey jwt sign', () => {
  test('signs by a shared secret, as the page of Dapr describes it, and prints the token alone', async () => {
    const args = [
      '--issuer',
      'me',
      '--audience',
      'orders',
      '--subject',
      'ci',
      '--expires',
      '30m',
      '--scope',
      'a',
      '--scope',
      'b',
    ]
    const { code, stdout, stderr } = await signed([
      ...args,
      '--claim',
      'plan=gold',
      '--claim',
      'seats=5',
      '--claim',
      'roles=["x"]',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    const { payload, protectedHeader } = await jwtVerify(stdout.trim(), new TextEncoder().encode(SECRET))
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' })
    const { iat = 0, exp = 0, ...rest } = payload
    expect(exp - iat).toBe(1800)
    expect(rest).toEqual({ iss: 'me', aud: 'orders', sub: 'ci', scope: 'a b', plan: 'gold', seats: 5, roles: ['x'] })
    expect(stderr).not.toContain(SECRET)
    expect(stderr).not.toContain(stdout.trim())
  })

  test.each(['HS384', 'HS512'])('signs by %s', async (algorithm) => {
    const { stdout } = await signed(['--algorithm', algorithm, '--json'])
    const { token } = JSON.parse(stdout) as { token: string }
    expect((await jwtVerify(token, new TextEncoder().encode(SECRET))).protectedHeader.alg).toBe(algorithm)
  })

  test.each<[KeyName, string]>([
    ['ec1', 'ES256'],
    ['ed1', 'EdDSA'],
    ['rsa1', 'RS256'],
  ])('signs by the private key %s in a file, which says %s itself', async (name, algorithm) => {
    const path = fileOf(`${JSON.stringify({ ...KEYS[name], kid: name })}\n`)
    const { stdout } = await signed(['--key-file', path, '--type', 'at+jwt', '--audience', 'a', '--audience', 'b'])
    const key = await importJWK(publicKey(name) as never, algorithm)
    const { payload, protectedHeader } = await jwtVerify(stdout.trim(), key)
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'at+jwt', kid: name })
    expect(payload.aud).toEqual(['a', 'b'])
  })

  test('a token ends in 15 minutes unless something else is said', async () => {
    const { iat = 0, exp = 0 } = decodeJwt((await signed([])).stdout.trim())
    expect(exp - iat).toBe(900)
  })

  const RSA = JSON.stringify(KEYS.short)
  test.each<[what: string, args: readonly string[], key: string, code: number, told: string]>([
    ['no key', [], '', 1, 'LATCHKEY_JWT_KEY is not set here'],
    ['a secret that is too short', [], 'short', 1, 'shorter than the 32 bytes that HS256 needs'],
    [
      'a secret that is too short for HS512',
      ['--algorithm', 'HS512'],
      SECRET.slice(0, 40),
      1,
      'shorter than the 64 bytes',
    ],
    ['a secret where a key is needed', ['--algorithm', 'ES256'], SECRET, 1, 'no private JSON Web Key'],
    ['a key as if it were a secret', ['--algorithm', 'HS256'], JSON.stringify(KEYS.ec1), 1, 'no private JSON Web Key'],
    ['a public key', [], JSON.stringify(publicKey('ec1')), 1, 'no private JSON Web Key'],
    ['a key of another algorithm', ['--algorithm', 'EdDSA'], JSON.stringify(KEYS.ec1), 1, 'no private key for EdDSA'],
    ['an algorithm that nobody knows', ['--algorithm', 'none'], SECRET, 2, '--algorithm takes HS256'],
    ['a token without an end', ['--expires', 'never'], SECRET, 2, 'every token ends'],
    ['a token that has ended', ['--expires', '2020-01-01'], SECRET, 2, '--expires is over'],
    ['a claim without a value', ['--claim', 'plan'], SECRET, 2, '--claim takes a name and a value'],
    ['a claim with a flag of its own', ['--claim', 'exp=1'], SECRET, 2, 'it has a flag of its own'],
    ['a claim twice', ['--claim', 'a=1', '--claim', 'a=2'], SECRET, 2, 'may be given once'],
    ['a key that was pasted for its file', ['--key-file', RSA], SECRET, 2, 'there is none of that name'],
    ['the secret as a flag', ['--secret', SECRET], SECRET, 2, "Unknown option '--secret'"],
  ])('refuses %s, and repeats no key', async (_, args, key, code, told) => {
    const outcome = await signed(args, key)
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toContain(told)
    for (const secret of [SECRET, KEYS.ec1.d as string, KEYS.short.d as string])
      expect(outcome.stderr).not.toContain(secret)
  })
})

describe('latchkey jwt key new', () => {
  test.each([
    [[], 'ES256'],
    [['--algorithm', 'EdDSA'], 'EdDSA'],
  ])('%j makes a private key on one line, whose id is its thumbprint', async (args, algorithm) => {
    const { code, stdout, stderr } = await runHere(['jwt', 'key', 'new', ...args])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^\{.*\}\n$/)
    const key = JSON.parse(stdout)
    expect(key).toMatchObject({ alg: algorithm, use: 'sig', d: expect.any(String) })
    expect(key.kid).toBe(await calculateJwkThumbprint(key))
    expect((await ownKeyOf(stdout)).publicKey.kid).toBe(key.kid)
    expect(stderr).toContain(key.kid)
    expect(stderr).not.toContain(key.d)
    expect((await signed([], stdout)).code).toBe(0)
  })

  test('tells the public half where it is asked to', async () => {
    const { stdout, stderr } = await runHere(['jwt', 'key', 'new', '--public'])
    const { d, ...publicHalf } = JSON.parse(stdout)
    expect(JSON.parse(stderr.trim().split('\n').at(-1) as string)).toEqual(publicHalf)
    expect(stderr).not.toContain(d)
  })

  test('is reached from the program, and tells what it does', async () => {
    const { code, stdout } = await run(['jwt', 'key', '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain('latchkey jwt key new')
  })
})
