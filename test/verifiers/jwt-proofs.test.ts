import { describe, expect, test, vi } from 'vitest'
import { keySetOf } from '../../src/key-sets/key-set.ts'
import type { KeySet } from '../../src/key-sets/keys.ts'
import { sameObjects } from '../../src/key-sets/keys.ts'
import { signatureByJose } from '../../src/key-sets/signature-by-jose.ts'
import type { KeySource } from '../../src/key-sets/source.ts'
import type { Refusal } from '../../src/model/decision.ts'
import type { JwtRules } from '../../src/verifiers/jwt.ts'
import { jwt } from '../../src/verifiers/jwt.ts'
import { proofs } from '../../src/verifiers/proofs.ts'
import { accessOf, NOW } from '../given/access.ts'
import { ISSUER, keySet, mint } from '../given/jwt.ts'

const verifySignature = vi.spyOn(crypto.subtle, 'verify')

const RULES: JwtRules = {
  name: 'people',
  issuer: ISSUER,
  audiences: ['orders'],
  required: [],
  requireExpiry: true,
  maxAgeSeconds: undefined,
  algorithms: new Set(['ES256']),
  types: new Set(['jwt']),
  toleranceSeconds: 0,
  surface: 'api',
  ownerClaim: undefined,
  grant: { type: 'read-only', permissions: [] },
}

/** A verifier whose keys a test changes, and how often a signature was proved. */
async function given(text: string, most?: number) {
  let keys: KeySet = new Set(await keySetOf(text, ['ES256']))
  let isLost = false
  const lost: Refusal = { reason: 'dependency-unavailable' }
  const source: KeySource = { current: () => (isLost ? lost : keys), newer: () => undefined, isFailing: () => false }
  const verifier = jwt(RULES, source, signatureByJose, proofs(most))
  verifySignature.mockClear()
  return {
    verify: (token: string, at = NOW) =>
      verifier.verify(
        { place: { kind: 'header', name: 'authorization' }, token, fingerprint: token },
        accessOf({ at }),
        () => undefined,
      ),
    async publish(text: string) {
      keys = sameObjects(await keySetOf(text, ['ES256']), keys)
    },
    lose(now: boolean) {
      isLost = now
    },
    proved: () => verifySignature.mock.calls.length,
  }
}

describe('what was proved', () => {
  test('is remembered, and told at once', async () => {
    const { verify, proved } = await given(keySet('ec1'))
    const token = mint()
    const first = await verify(token)
    const second = verify(token)
    expect(second).toBe(first)
    expect(first).toMatchObject({ subject: 'user-1' })
    expect(proved()).toBe(1)
  })

  test('is judged by its times each time', async () => {
    const { verify, proved } = await given(keySet('ec1'))
    const token = mint({ claims: { nbf: NOW } })
    expect(await verify(token, NOW - 1)).toMatchObject({ reason: 'token-not-yet-valid' })
    expect(verify(token, NOW)).toMatchObject({ subject: 'user-1' })
    expect(verify(token, NOW + 600)).toMatchObject({ reason: 'token-expired', principal: { subject: 'user-1' } })
    expect(proved()).toBe(1)
  })

  test('counts on while its key is published beside others', async () => {
    const { verify, publish, proved } = await given(keySet('ec1'))
    const token = mint()
    await verify(token)
    await publish(keySet('ec2', 'ec1'))
    expect(verify(token)).toMatchObject({ subject: 'user-1' })
    expect(proved()).toBe(1)
  })

  test('counts no longer once its key is withdrawn', async () => {
    const { verify, publish, proved } = await given(keySet('ec1'))
    const token = mint()
    await verify(token)
    await publish(keySet('ec2'))
    expect(await verify(token)).toMatchObject({ reason: 'token-unknown', detail: 'people: no key for it' })
    expect(proved()).toBe(1)
  })

  test('counts no longer once another key has its id', async () => {
    const { verify, publish } = await given(keySet('ec1'))
    const token = mint()
    await verify(token)
    await publish(keySet({ ...JSON.parse(keySet('ec2')).keys[0], kid: 'ec1' }))
    expect(await verify(token)).toMatchObject({ reason: 'token-unknown', detail: 'people: a wrong signature' })
  })

  test('does not count without keys, and counts again with them', async () => {
    const { verify, lose, proved } = await given(keySet('ec1'))
    const token = mint()
    await verify(token)
    lose(true)
    expect(verify(token)).toEqual({ reason: 'dependency-unavailable' })
    lose(false)
    expect(verify(token)).toMatchObject({ subject: 'user-1' })
    expect(proved()).toBe(1)
  })

  test('is nothing that was not', async () => {
    const { verify, proved } = await given(keySet('ec1'))
    const token = mint({ by: 'stranger', header: { kid: 'ec1' } })
    await verify(token)
    await verify(token)
    expect(proved()).toBe(2)
  })

  test('is forgotten, the oldest first, where there is too much', async () => {
    const { verify, proved } = await given(keySet('ec1'), 2)
    const tokens = ['a', 'b', 'c'].map((sub) => mint({ claims: { sub } }))
    for (const token of tokens) await verify(token)
    await verify(tokens[2] as string)
    expect(proved()).toBe(3)
    await verify(tokens[0] as string)
    expect(proved()).toBe(4)
  })
})
