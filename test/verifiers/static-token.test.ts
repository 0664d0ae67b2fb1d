import { describe, expect, it, vi } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { Place } from '../../src/model/credential.ts'
import type { Digests } from '../../src/model/ports.ts'
import type { Principal } from '../../src/model/principal.ts'
import type { StaticToken } from '../../src/verifiers/static-token.ts'
import { staticToken } from '../../src/verifiers/static-token.ts'
import { accessOf, NOW } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'

const BEARER: Place = { kind: 'header', name: 'authorization', scheme: 'bearer' }
const API_KEY: Place = { kind: 'header', name: 'x-api-key' }
const JWT =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkYXByZCIsImV4cCI6MTcwMDAwMzYwMH0.Tubw9FpMuzReIMytscs1CD0P5S-jbliWwnyE1182b9A'

function principalOf(credential: string, slot = 0): Principal {
  const grant = { type: 'read-only' as const, permissions: [] }
  return { kind: 'static-token', credential, subject: credential, surface: 'api', grant, slot }
}

const defer = () => undefined

function tokenOf(text: string, facts: Partial<Omit<StaticToken, 'secret'>> = {}): StaticToken {
  return {
    secret: new Secret(text),
    principal: principalOf('one'),
    places: new Set([BEARER]),
    until: undefined,
    ...facts,
  }
}

describe.each<[string, () => Digests]>([
  ['nodeDigests', nodeDigests],
  ['webDigests', webDigests],
])('staticToken by %s', (_, make) => {
  async function verify(tokens: readonly StaticToken[], token: string, place = BEARER, at = NOW): Promise<unknown> {
    const digests = make()
    const verifier = await staticToken(tokens, digests)
    return verifier.verify({ place, token, fingerprint: await digests.fingerprint(token) }, accessOf({ at }), defer)
  }

  it.each([TOKENS.FULL, JWT, 'a', '!#+-~'])(
    'proves a token that is configured, whatever it looks like',
    async (token) => {
      expect(await verify([tokenOf('another'), tokenOf(token)], token)).toEqual(principalOf('one'))
    },
  )

  it.each([
    ['another one', TOKENS.READ],
    ['its first half', TOKENS.FULL.slice(0, 20)],
    ['more than it', `${TOKENS.FULL}x`],
    ['its capitals', TOKENS.FULL.toUpperCase()],
    ['nothing', ''],
    ['what an object inherits', '__proto__'],
  ])('knows nothing of %s', async (_name, token) => {
    expect(await verify([tokenOf(TOKENS.FULL)], token)).toBeUndefined()
  })

  it('knows no token at all where none is configured', async () => {
    expect(await verify([], TOKENS.FULL)).toBeUndefined()
    expect(await verify([], '')).toBeUndefined()
  })

  it('proves a token at the places of its own credential only', async () => {
    const tokens = [
      tokenOf(TOKENS.FULL),
      tokenOf(TOKENS.READ, { principal: principalOf('two'), places: new Set([API_KEY]) }),
    ]
    expect(await verify(tokens, TOKENS.FULL, BEARER)).toEqual(principalOf('one'))
    expect(await verify(tokens, TOKENS.FULL, API_KEY)).toBeUndefined()
    expect(await verify(tokens, TOKENS.READ, BEARER)).toBeUndefined()
    expect(await verify(tokens, TOKENS.READ, API_KEY)).toEqual(principalOf('two'))
  })

  it('tells two credentials with one value apart by the place', async () => {
    const tokens = [
      tokenOf(TOKENS.FULL),
      tokenOf(TOKENS.FULL, { principal: principalOf('two'), places: new Set([API_KEY]) }),
    ]
    expect(await verify(tokens, TOKENS.FULL, BEARER)).toEqual(principalOf('one'))
    expect(await verify(tokens, TOKENS.FULL, API_KEY)).toEqual(principalOf('two'))
  })

  it.each([
    ['long before its end', NOW - 86_400, undefined],
    ['just before its end', NOW - 0.001, undefined],
    ['at its end', NOW, 'token-expired'],
    ['after its end', NOW + 1, 'token-expired'],
  ])('judges a token %s', async (_name, at, reason) => {
    const outcome = await verify([tokenOf(TOKENS.FULL, { until: NOW })], TOKENS.FULL, BEARER, at)
    expect(outcome).toMatchObject(reason ? { reason } : { credential: 'one' })
  })

  it('names the slot that matched', async () => {
    const tokens = [tokenOf(TOKENS.FULL), tokenOf(TOKENS.READ, { principal: principalOf('one', 1) })]
    expect(await verify(tokens, TOKENS.READ)).toEqual(principalOf('one', 1))
  })

  it('tells an end only where no other slot still counts', async () => {
    const ended = tokenOf(TOKENS.FULL, { until: NOW - 1 })
    const valid = tokenOf(TOKENS.FULL, { principal: principalOf('two', 1) })
    expect(await verify([ended, valid], TOKENS.FULL)).toEqual(principalOf('two', 1))
    expect(await verify([ended], TOKENS.FULL)).toMatchObject({ reason: 'token-expired' })
  })

  it('tells no end of a token at a place that is not its own', async () => {
    expect(await verify([tokenOf(TOKENS.FULL, { until: NOW - 1 })], TOKENS.FULL, API_KEY)).toBeUndefined()
  })

  it.each([1, 1000])('makes one comparison, hit or miss, with %i tokens', async (count) => {
    const digests = make()
    const tokens = Array.from({ length: count }, (_unused, place) => tokenOf(`${TOKENS.FULL}${place}`))
    const verifier = await staticToken(tokens, digests)
    for (const token of [`${TOKENS.FULL}0`, TOKENS.READ]) {
      const fingerprint = await digests.fingerprint(token)
      const equal = vi.spyOn(digests, 'equal')
      await verifier.verify({ place: BEARER, token, fingerprint }, accessOf(), defer)
      expect(equal.mock.calls.length).toBe(1)
      vi.restoreAllMocks()
    }
  })
})

it('staticToken answers at once where digests do', () => {
  const digests = nodeDigests()
  const verifier = staticToken([tokenOf(TOKENS.FULL)], digests)
  expect(verifier).not.toBeInstanceOf(Promise)
  if (verifier instanceof Promise) return
  const fingerprint = digests.fingerprint(TOKENS.FULL) as string
  const outcome = verifier.verify({ place: BEARER, token: TOKENS.FULL, fingerprint }, accessOf(), defer)
  expect(outcome).toEqual(principalOf('one'))
})
