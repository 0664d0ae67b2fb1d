import { decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Latchkey } from '../../src/build.ts'
import { settingsOf } from '../../src/config.ts'
import type { Document } from '../../src/document.ts'
import type { IssuingFor } from '../../src/http/token.ts'
import { tokenIssuing } from '../../src/http/token.ts'
import { Secret } from '../../src/lib/secret.ts'
import type { AccessFacts } from '../given/access.ts'
import { accessOf, NOW } from '../given/access.ts'
import { hostOf } from '../given/authority.ts'
import { KEYS } from '../given/jwt.ts'

const ISSUING: NonNullable<Document['issuing']> = {
  issuer: 'https://api.example',
  keys: [
    { secret: 'ENDED', until: new Date(NOW * 1000).toISOString() },
    { secret: 'CURRENT', until: new Date((NOW + 100) * 1000).toISOString() },
    { secret: 'PREVIOUS' },
  ],
  next: { secret: 'NEXT' },
}
const SECRETS = { ENDED: KEYS.stranger, CURRENT: KEYS.ec1, PREVIOUS: KEYS.ed1, NEXT: KEYS.ec2 }

/** How a deployment issues, with secrets that are read already. */
function issuingOver(document: Partial<Document> = {}, secrets: object = SECRETS) {
  const settings = settingsOf({ credentials: [], routes: [], issuing: ISSUING, ...document }, { transport: 'https' })
  const { sink } = hostOf()
  const values = new Map(Object.entries(secrets).map(([name, key]) => [name, new Secret(JSON.stringify(key))]))
  const issuingFor = tokenIssuing({ settings, equipped: undefined, sink } as unknown as Latchkey) as IssuingFor
  const snapshot = {
    valuesOf: (slots: readonly { name: string }[]) => slots.flatMap(({ name }) => values.get(name) ?? []),
  }
  return {
    sink,
    at: (facts: AccessFacts = {}) => {
      const access = accessOf(facts)
      return issuingFor({ access, snapshot } as never, {} as never, () => undefined)
    },
  }
}

test('a document without issuing issues nothing', () => {
  const { issuing: _, ...bare } = settingsOf({ credentials: [], routes: [] }, { transport: 'any' }).document
  expect(tokenIssuing({ settings: settingsOf(bare, { transport: 'any' }) } as unknown as Latchkey)).toBeUndefined()
})

describe('attempts', () => {
  test('of a key are 60 a minute, those of an address 300, each by itself', () => {
    const { at } = issuingOver()
    const { waitFor } = at()
    const start = Math.ceil(NOW / 60) * 60
    const allowed = (what: 'address' | 'key', whose: string, time: number) => {
      let count = 0
      while (waitFor(what, whose, time) === undefined) count++
      return count
    }
    expect(allowed('key', 'one', start + 10)).toBe(60)
    expect(waitFor('key', 'one', start + 10.5)).toBe(50)
    expect(waitFor('key', 'two', start + 10)).toBeUndefined()
    expect(allowed('address', 'one', start + 10)).toBe(300)
    // Counters outlive the request that made them.
    expect(at().waitFor('key', 'one', start + 59)).toBe(1)
    expect(waitFor('key', 'one', start + 60)).toBeUndefined()
  })

  test('whoever fills all counters keeps nobody from tokens', () => {
    const { waitFor } = issuingOver().at()
    for (let count = 0; count < 10_001; count++) expect(waitFor('address', `2001:db8::${count}`, NOW)).toBeUndefined()
  })
})

describe('keys', () => {
  test('the first whose slot counts signs, for no longer than its slot; the next one only is published', async () => {
    const issuing = issuingOver().at()
    const { until, sign } = await issuing.signer()
    expect(until).toBe(NOW + 100)
    const { kid, alg, typ } = decodeProtectedHeader(await sign({ iss: 'a' } as never))
    const published = await issuing.publicKeys()
    expect(published.map((key) => key.alg)).toEqual(['ES256', 'ES256', 'EdDSA'])
    expect({ kid, alg, typ }).toEqual({ kid: published[1]?.kid, alg: 'ES256', typ: 'at+jwt' })
    expect(JSON.stringify(published)).not.toContain('"d"')
  })

  test('the one before signs once the slot of the first has ended', async () => {
    const { sign } = await issuingOver()
      .at({ at: NOW + 100 })
      .signer()
    expect(decodeProtectedHeader(await sign({ iss: 'a' } as never)).alg).toBe('EdDSA')
  })

  test('the next one never signs, were it the only one', async () => {
    const { at, sink } = issuingOver({}, { NEXT: KEYS.ec2 })
    await expect(at().signer()).rejects.toMatchObject({ name: 'StoreError' })
    expect(sink.events).toMatchObject([{ message: 'no token can be issued: set ENDED or CURRENT or PREVIOUS' }])
  })

  test('one that cannot be read is told once, and the one before signs', async () => {
    const { at, sink } = issuingOver({}, { ...SECRETS, CURRENT: KEYS.rsa1 })
    for (let count = 0; count < 2; count++) {
      const { sign } = await at().signer()
      expect(decodeProtectedHeader(await sign({ iss: 'a' } as never)).alg).toBe('EdDSA')
    }
    expect(sink.events).toHaveLength(1)
    expect(JSON.stringify(sink.events)).not.toContain(KEYS.rsa1.d)
  })

  test('one that stands in two slots is published once', async () => {
    const issuing = issuingOver({}, { CURRENT: KEYS.ec1, PREVIOUS: KEYS.ec1 }).at()
    expect(await issuing.publicKeys()).toHaveLength(1)
  })
})

test.each([
  ['http', false, true],
  ['http', true, false],
  ['https', false, false],
] as const)('over %s, with loopback %s, no key may be shown: %s', (scheme, loopback, isInsecure) => {
  expect(issuingOver().at({ scheme, loopback }).isInsecure).toBe(isInsecure)
  expect(issuingOver({ transport: 'any' }).at({ scheme, loopback }).isInsecure).toBe(false)
})
