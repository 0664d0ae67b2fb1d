import { describe, expect, test } from 'vitest'
import { nodeDigests } from '../../src/crypto/node.ts'
import { webDigests } from '../../src/crypto/web.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { Place } from '../../src/model/credential.ts'
import type { Digests } from '../../src/model/ports.ts'
import type { GatewayKey, GatewayKeyParts } from '../../src/verifiers/gateway-key.ts'
import { gatewayKey } from '../../src/verifiers/gateway-key.ts'
import { accessOf, NOW } from '../given/access.ts'
import { END, GATEWAY, PRIMARY, SECONDARY } from '../given/gateway.ts'

const PLACE: Place = { kind: 'header', name: 'authorization', scheme: 'gatewaykey' }
const COMMON = { credential: 'gateways', grant: { type: 'full-access', permissions: [] }, surface: 'api' } as const

function keyOf(text: string, slot: number, until?: number): GatewayKey {
  return { secret: new Secret(text), slot, until }
}

const KEYS = [keyOf(PRIMARY, 0), keyOf(SECONDARY, 1)]
const whose = (slot: number, expiresAt = END) => ({ kind: 'gateway-key', ...COMMON, subject: 'gw1', expiresAt, slot })

describe.each<[string, () => Digests]>([
  ['nodeDigests', nodeDigests],
  ['webDigests', webDigests],
])('gateway tokens by %s', (_, make) => {
  function verifierOf(parts: Partial<GatewayKeyParts> = {}) {
    const digests = make()
    const verifier = gatewayKey({
      gateways: new Map([['gw1', KEYS]]),
      unset: new Set(),
      forms: ['round-trip', 'compact'],
      principal: COMMON,
      digests,
      ...parts,
    })
    return async (token: string, at = NOW) => {
      const fingerprint = await digests.fingerprint(token)
      return verifier.verify({ place: PLACE, token, fingerprint }, accessOf({ at }), () => undefined)
    }
  }

  test.each([
    ['the primary key, round-trip', GATEWAY.primaryRoundTrip, 0],
    ['the primary key, compact', GATEWAY.primaryCompact, 0],
    ['the secondary key', GATEWAY.secondaryRoundTrip, 1],
  ])('are proved by %s', async (_name, token, slot) => {
    expect(await verifierOf()(token)).toEqual(whose(slot))
  })

  test('are proved as shared access signatures', async () => {
    const verify = verifierOf({ gateways: new Map([['integration', KEYS]]) })
    expect(await verify(GATEWAY.sharedAccess)).toEqual({ ...whose(0), subject: 'integration' })
  })

  test.each([
    ['round-trip', GATEWAY.primaryRoundTrip, GATEWAY.primaryCompact],
    ['compact', GATEWAY.primaryCompact, GATEWAY.primaryRoundTrip],
  ] as const)('are proved in the form %s alone, where only that is taken', async (form, right, other) => {
    const verify = verifierOf({ forms: [form] })
    expect(await verify(right)).toEqual(whose(0))
    expect(await verify(other)).toMatchObject({ reason: 'token-unknown' })
  })

  test('are not proved by the bytes that the key seems to encode', async () => {
    expect(await verifierOf()(GATEWAY.decodedKey)).toMatchObject({ reason: 'token-unknown' })
  })

  test.each([
    ['another id', GATEWAY.primaryRoundTrip.replace('gw1', 'gw2'), ['gw1', 'gw2']],
    ['another minute', GATEWAY.primaryRoundTrip.replace('0304', '0305'), ['gw1']],
    ['one bit of the signature', GATEWAY.primaryRoundTrip.replace('&w', '&x'), ['gw1']],
  ])('are not proved with %s', async (_name, token, ids) => {
    const verify = verifierOf({ gateways: new Map(ids.map((id) => [id, KEYS])) })
    expect(await verify(token)).toMatchObject({
      reason: 'token-unknown',
      detail: expect.stringMatching(/^no key of gateway gw\d has signed it$/),
    })
  })

  test('of a gateway that is not configured are not known, and its name is not told', async () => {
    const outcome = await verifierOf({ gateways: new Map([['another', KEYS]]) })(GATEWAY.primaryRoundTrip)
    expect(outcome).toEqual({
      reason: 'token-unknown',
      detail: 'a token of a gateway that the document does not name',
    })
  })

  test('of a gateway that is called like what an object inherits are not known', async () => {
    const token = GATEWAY.primaryRoundTrip.replace('gw1', '__proto__')
    expect(await verifierOf()(token)).toMatchObject({ reason: 'token-unknown' })
  })

  test('of a gateway for which nobody has set a key cannot be told', async () => {
    const verify = verifierOf({ gateways: new Map([['gw1', []]]), unset: new Set(['gw1']) })
    expect(await verify(GATEWAY.primaryRoundTrip)).toEqual({
      reason: 'not-configured',
      detail: 'gateway gw1 has no key',
    })
  })

  test.each(['', 'a', 'a.b.c', 'lk_1'])('are something else than %j, which others may know', async (token) => {
    expect(await verifierOf()(token)).toBeUndefined()
  })

  test.each(['gw1&203001020304', `${GATEWAY.primaryRoundTrip}x`, '&&'])(
    'are something else than %j, and the operator is told what they are',
    async (token) => {
      const detail = expect.stringContaining('no gateway token: an id, a minute of the calendar and a signature')
      expect(await verifierOf()(token)).toEqual({ reason: 'token-unknown', detail })
    },
  )

  test('count until the first instant of the minute that they name, and no longer', async () => {
    const verify = verifierOf()
    expect(await verify(GATEWAY.primaryRoundTrip, END - 0.001)).toEqual(whose(0))
    const ended = { reason: 'token-expired', detail: 'the token has ended', principal: whose(0) }
    expect(await verify(GATEWAY.primaryRoundTrip, END)).toEqual(ended)
    expect(await verifierOf()(GATEWAY.primaryRoundTrip, END)).toEqual(ended)
  })

  test('that have ended are told only to who has a genuine one', async () => {
    const verify = verifierOf()
    expect(await verify(GATEWAY.expired)).toMatchObject({ reason: 'token-expired' })
    expect(await verify(GATEWAY.expired.replace('&l', '&m'))).toMatchObject({ reason: 'token-unknown' })
  })

  test('end with the slot of the key that has signed them', async () => {
    const verify = verifierOf({ gateways: new Map([['gw1', [keyOf(PRIMARY, 0, NOW + 10), keyOf(SECONDARY, 1)]]]) })
    expect(await verify(GATEWAY.primaryRoundTrip)).toEqual(whose(0, NOW + 10))
    expect(await verify(GATEWAY.primaryRoundTrip, NOW + 10)).toEqual({
      reason: 'token-expired',
      detail: 'slot 0 of gateway gw1 has ended',
      principal: whose(0, NOW + 10),
    })
    expect(await verify(GATEWAY.secondaryRoundTrip, NOW + 10)).toEqual(whose(1))
  })

  test('count by a slot that still does, where two have one value', async () => {
    const keys = [keyOf(PRIMARY, 0, NOW + 10), keyOf(PRIMARY, 1), keyOf(SECONDARY, 2)]
    const verify = verifierOf({ gateways: new Map([['gw1', keys]]) })
    expect(await verify(GATEWAY.primaryRoundTrip)).toEqual(whose(0, NOW + 10))
    expect(await verify(GATEWAY.primaryRoundTrip, NOW + 10)).toEqual(whose(1))
  })

  test('are signed no more often than once, once they are proved', async () => {
    const digests = make()
    let signed = 0
    const counting: Digests = {
      ...digests,
      hmac(...parts) {
        signed++
        return digests.hmac(...parts)
      },
    }
    const verify = verifierOf({ digests: counting })
    const other = verifierOf({ digests: counting })
    for (let time = 0; time < 3; time++) await verify(GATEWAY.primaryRoundTrip)
    // Two keys and two forms, whichever it was.
    expect(signed).toBe(4)
    await verify(GATEWAY.secondaryRoundTrip)
    expect(signed).toBe(8)
    await other('gw2&203001020304&'.concat(GATEWAY.primaryRoundTrip.slice(17)))
    await other('not one at all')
    expect(signed).toBe(8)
  })
})
