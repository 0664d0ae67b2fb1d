import { describe, expect, test } from 'vitest'
import type { Latchkey } from '../src/build.ts'
import { build } from '../src/build.ts'
import type { Document, GatewayKeyDocument } from '../src/document.ts'
import type { Parts } from '../src/equipment.ts'
import { equipmentOf } from '../src/equipment.ts'
import { gatewayKey } from '../src/gateway-key.ts'
import type { Decision } from '../src/model/decision.ts'
import type { LatchkeyEvent } from '../src/model/event.ts'
import type { SecretSource, Store } from '../src/model/ports.ts'
import { StoreError } from '../src/model/store-error.ts'
import { memory } from '../src/stores/memory.ts'
import { validate } from '../src/validate.ts'
import { accessOf, NOW } from './given/access.ts'
import { hostOf } from './given/authority.ts'
import { END, GATEWAY, gatewayToken, PRIMARY, SECONDARY } from './given/gateway.ts'

const DAY = 86_400
const SECRETS = { PRIMARY, SECONDARY }
const CREDENTIAL: GatewayKeyDocument = {
  kind: 'gateway-key',
  gateways: { gw1: { primary: { secret: 'PRIMARY' }, secondary: { secret: 'SECONDARY' } } },
}
const DOCUMENT: Document = { credentials: [CREDENTIAL], routes: [{ path: '/*' }] }

interface Given {
  readonly authority: Latchkey
  readonly events: LatchkeyEvent[]
  /** Everything but decisions. */
  told(): LatchkeyEvent[]
  /** What is decided about a token; waits for what is deferred. */
  decide(token: string, at?: number): Promise<Decision>
}

interface GivenParts {
  readonly credential?: Partial<GatewayKeyDocument>
  readonly secrets?: SecretSource | Readonly<Record<string, string | undefined>>
  readonly store?: Store
  readonly parts?: Parts
}

function given({ credential, secrets = SECRETS, store, parts }: GivenParts = {}): Given {
  const host = hostOf(secrets)
  const document: Document = {
    ...DOCUMENT,
    credentials: [{ ...CREDENTIAL, ...credential }],
    ...(store && { store: { binding: 'KEYS' } }),
  }
  const equipment = equipmentOf([gatewayKey], [() => ({ openStore: () => store, ...parts })], undefined)
  const authority = build(document, host, { transport: 'any' }, equipment)
  const { events } = host.sink
  return {
    authority,
    events,
    told: () => events.filter(({ type }) => type !== 'decision'),
    async decide(token, at = NOW) {
      const deferred: Promise<unknown>[] = []
      const access = accessOf({ at, headers: [gatewayToken(token)] })
      const { decision } = await authority.judge(access, { defer: (work) => void deferred.push(work) })
      await Promise.all(deferred)
      return decision
    },
  }
}

const principalIn = (decision: Decision) => (decision.allow ? decision.principal : undefined)

describe('a gateway-key credential', () => {
  test('is read as `Authorization: GatewayKey`, and may read, where the document says no more', async () => {
    const decision = await given().decide(GATEWAY.primaryRoundTrip)
    expect(principalIn(decision)).toEqual({
      kind: 'gateway-key',
      credential: 'gateway-key',
      subject: 'gw1',
      surface: 'api',
      grant: { type: 'read-only', permissions: [] },
      expiresAt: END,
      slot: 0,
    })
  })

  test('may do what the document says, under the name that it says', async () => {
    const credential = { name: 'sync', type: 'custom', permissions: ['sync.*'], surface: 'admin' } as const
    const decision = await given({ credential }).decide(GATEWAY.primaryRoundTrip)
    expect(decision).toMatchObject({ principal: { credential: 'sync', surface: 'admin' } })
    expect(decision).toMatchObject({ principal: { grant: { type: 'custom', permissions: ['sync.*'] } } })
  })

  test('numbers the slots of both keys, the primary ones first', async () => {
    const gateways = {
      gw1: { primary: [{ secret: 'NEW' }, { secret: 'PRIMARY' }], secondary: { secret: 'SECONDARY' } },
    }
    const { decide } = given({ credential: { gateways }, secrets: { ...SECRETS, NEW: 'a-key-that-is-made-anew' } })
    expect(principalIn(await decide(GATEWAY.primaryRoundTrip))).toMatchObject({ slot: 1 })
    expect(principalIn(await decide(GATEWAY.secondaryRoundTrip))).toMatchObject({ slot: 2 })
  })

  test('takes every value that a source gives for one name', async () => {
    const secrets: SecretSource = { get: (name) => (name === 'PRIMARY' ? ['another-key-of-24-bytes', PRIMARY] : []) }
    expect(principalIn(await given({ secrets }).decide(GATEWAY.primaryRoundTrip))).toMatchObject({ slot: 0 })
  })

  test('takes no key that a header could not hold, as somebody has pasted something else', async () => {
    const { decide, told } = given({ secrets: { PRIMARY: 'a key of two words', SECONDARY } })
    expect((await decide(GATEWAY.secondaryRoundTrip)).allow).toBe(true)
    const fault = 'has a space, a comma or a character outside ASCII; it counts as not configured'
    expect(told()).toEqual([{ type: 'notice', level: 'error', message: `secret PRIMARY ${fault}` }])
  })

  test('takes a primary key that was made anew as soon as its secret is read again', async () => {
    let primary = PRIMARY
    const { decide } = given({ secrets: { get: (name) => [name === 'PRIMARY' ? primary : SECONDARY] } })
    expect((await decide(GATEWAY.primaryRoundTrip)).allow).toBe(true)
    primary = `${PRIMARY.slice(0, -3)}B==`
    expect((await decide(GATEWAY.primaryRoundTrip, NOW + 30)).allow).toBe(false)
    expect((await decide(GATEWAY.secondaryRoundTrip, NOW + 30)).allow).toBe(true)
  })
})

describe('a gateway without a key', () => {
  const gateways = { ...CREDENTIAL.gateways, gw2: { primary: { secret: 'A' }, secondary: { secret: 'B' } } }
  const token = GATEWAY.primaryRoundTrip.replace('gw1', 'gw2')

  test('is told once, with what to set, and its tokens cannot be told', async () => {
    const { decide, told } = given({ credential: { gateways } })
    expect(await decide(token)).toMatchObject({ refusal: { reason: 'not-configured' } })
    expect(await decide(token)).toMatchObject({ refusal: { reason: 'not-configured' } })
    expect((await decide(GATEWAY.primaryRoundTrip)).allow).toBe(true)
    const message = 'gateway gw2 of gateway-key has no key: set A or B'
    expect(told()).toEqual([{ type: 'notice', level: 'warn', message }])
  })

  test('is told as a whole where no gateway has one', async () => {
    const { decide, told } = given({ secrets: {} })
    expect(await decide(GATEWAY.primaryRoundTrip)).toMatchObject({ refusal: { reason: 'not-configured' } })
    const message = 'credential gateway-key is not configured: set PRIMARY or SECONDARY'
    expect(told()).toEqual([{ type: 'notice', level: 'warn', message }])
  })

  test('is not taken for one whose key cannot be read', async () => {
    const secrets: SecretSource = {
      get(name) {
        if (name === 'A' || name === 'B') throw new Error('the source is down')
        return [name === 'PRIMARY' ? PRIMARY : SECONDARY]
      },
    }
    const { decide, told } = given({ credential: { gateways }, secrets })
    expect(await decide(token)).toMatchObject({ refusal: { reason: 'dependency-unavailable' } })
    expect((await decide(GATEWAY.primaryRoundTrip)).allow).toBe(true)
    expect(told().map((event) => 'message' in event && event.message)).toEqual([
      'secret A cannot be read: Error',
      'secret B cannot be read: Error',
    ])
  })

  test('says so of the whole place where the only gateway has one that cannot be read', async () => {
    const secrets: SecretSource = {
      get() {
        throw new Error('the source is down')
      },
    }
    const decision = await given({ secrets }).decide(GATEWAY.primaryRoundTrip)
    expect(decision).toMatchObject({ refusal: { reason: 'dependency-unavailable' } })
  })
})

describe('what is told of a token that ends', () => {
  const near = {
    type: 'gateway-token-near-expiry',
    time: '2029-12-26T03:04:00.000Z',
    name: 'gateway-key',
    gatewayId: 'gw1',
    slot: 0,
    until: '2030-01-02T03:04:00.000Z',
  }
  const over = { ...near, type: 'gateway-token-expired', time: '2030-01-02T03:04:00.000Z' }

  test('is nothing more than seven days before, then that it is near its end, then that it has ended', async () => {
    const { decide, told } = given()
    await decide(GATEWAY.primaryRoundTrip, END - 7 * DAY - 0.001)
    expect(told()).toEqual([])
    await decide(GATEWAY.primaryRoundTrip, END - 7 * DAY)
    expect(told()).toEqual([near])
    await decide(GATEWAY.primaryRoundTrip, END)
    expect(told()).toEqual([near, over])
  })

  test('is told once for a gateway and an end, whichever key has signed', async () => {
    const { decide, told } = given()
    for (const token of [GATEWAY.primaryRoundTrip, GATEWAY.secondaryRoundTrip, GATEWAY.primaryCompact]) {
      await decide(token, END - DAY)
      await decide(token, END + DAY)
    }
    expect(told().map(({ type }) => type)).toEqual(['gateway-token-near-expiry', 'gateway-token-expired'])
    await decide(GATEWAY.expired, END + DAY)
    expect(told()).toHaveLength(3)
  })

  test('is told of a call that a policy then refuses', async () => {
    const { decide, told } = given({ credential: { surface: 'admin' } })
    expect(await decide(GATEWAY.primaryRoundTrip, END - DAY)).toMatchObject({ refusal: { reason: 'surface-mismatch' } })
    expect(told()).toHaveLength(1)
  })

  test('is never told of a token that is not genuine', async () => {
    const { decide, told } = given()
    await decide(GATEWAY.expired.replace('&l', '&m'), END)
    await decide(GATEWAY.decodedKey, END - DAY)
    await decide('gw1&203001020304&', END - DAY)
    expect(told()).toEqual([])
  })

  test('is told once by all processes that share a store', async () => {
    const store = memory({ now: () => END })
    const [one, two] = [given({ store }), given({ store })]
    await one.decide(GATEWAY.primaryRoundTrip, END - DAY)
    await two.decide(GATEWAY.primaryRoundTrip, END - DAY)
    await two.decide(GATEWAY.primaryRoundTrip, END + 1)
    await one.decide(GATEWAY.primaryRoundTrip, END + 1)
    expect(one.told().map(({ type }) => type)).toEqual(['gateway-token-near-expiry'])
    expect(two.told().map(({ type }) => type)).toEqual(['gateway-token-expired'])
  })

  test('is told by each process alone where there is no store', async () => {
    const [one, two] = [given(), given()]
    await one.decide(GATEWAY.primaryRoundTrip, END - DAY)
    await two.decide(GATEWAY.primaryRoundTrip, END - DAY)
    expect([...one.told(), ...two.told()]).toHaveLength(2)
  })

  test.each(['down', 'read-only'] as const)('is told rather than lost where the store is %s', async (trouble) => {
    const store: Store = {
      ...memory(),
      put: () => Promise.reject(new StoreError('memory', trouble, 'it takes nothing')),
    }
    const { decide, told } = given({ store })
    await decide(GATEWAY.primaryRoundTrip, END - DAY)
    await decide(GATEWAY.primaryRoundTrip, END - DAY)
    expect(told()).toHaveLength(1)
  })

  test('waits for no store on the way of the request, and is written before the process ends', async () => {
    let release: () => void = () => undefined
    const kept = memory()
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const store: Store = { ...kept, put: (...entry) => gate.then(() => kept.put(...entry)) }
    const { authority, told } = given({ store })
    const access = accessOf({ at: END - DAY, headers: [gatewayToken(GATEWAY.primaryRoundTrip)] })
    expect((await authority.judge(access, { defer: () => undefined })).decision.allow).toBe(true)
    expect(told()).toEqual([])
    const flushed = authority.equipped?.recorder?.flush()
    release()
    await flushed
    expect(told()).toHaveLength(1)
  })

  test('is told beside what a host records of issued keys', async () => {
    const recorded: boolean[] = []
    let flushes = 0
    const recorder = () => ({
      record: ({ allow }: Decision) => void recorded.push(allow),
      flush: async () => void flushes++,
    })
    const { authority, decide, told } = given({ store: memory({ now: () => NOW }), parts: { recorder } })
    await decide(GATEWAY.primaryRoundTrip, END - DAY)
    await decide('gw1', END - DAY)
    await authority.equipped?.recorder?.flush()
    expect({ recorded, flushes }).toEqual({ recorded: [true, false], flushes: 1 })
    expect(told()).toHaveLength(1)
  })

  test('holds neither the token nor its signature', async () => {
    const { decide, events } = given()
    for (const at of [NOW, END - DAY, END]) await decide(GATEWAY.primaryRoundTrip, at)
    const text = JSON.stringify(events)
    for (const secret of [PRIMARY, SECONDARY, GATEWAY.primaryRoundTrip, GATEWAY.primaryRoundTrip.slice(17)]) {
      expect(text).not.toContain(secret)
    }
    expect(events).toHaveLength(5)
  })
})

describe('a document', () => {
  const faultsOf = (credential: object) => {
    const result = validate({ ...DOCUMENT, credentials: [credential] })
    return result.ok ? [] : result.faults.map(({ pointer, message }) => `${pointer}: ${message}`)
  }
  const ID = 'the id of a gateway: 1 to 80 visible characters but "&" and ",", not "managed"'
  const of = (id: string) =>
    JSON.parse(`{"kind":"gateway-key","gateways":{${JSON.stringify(id)}:{"primary":{"secret":"A"}}}}`)

  test.each(['gw1', 'a'.repeat(80), 'Gateway_1.eu~(test)', '=', 'secret', 'primary'])('may call a gateway %j', (id) => {
    expect(faultsOf(of(id))).toEqual([])
  })

  test.each(['managed', '', 'a&b', 'a,b', 'a b', 'é', 'a'.repeat(81), '\u0000'])('may not call a gateway %j', (id) => {
    expect(faultsOf(of(id))).toEqual([`/credentials/0/gateways/${id.replace('~', '~0')}: ${ID}`])
  })

  test.each(['__proto__', 'constructor', 'prototype'])('may not call a gateway %s', (id) => {
    expect(faultsOf(of(id))).toEqual([`/credentials/0/gateways/${id}: the id of a gateway`])
  })

  test('names one gateway at least', () => {
    expect(faultsOf({ kind: 'gateway-key', gateways: {} })).toEqual(['/credentials/0/gateways: gateways, one at least'])
  })

  test('names its keys and does not hold them', () => {
    const [fault = ''] = faultsOf({ kind: 'gateway-key', gateways: { gw1: { primary: { secret: PRIMARY } } } })
    expect(fault).toMatch(/^\/credentials\/0\/gateways\/gw1\/primary/)
    expect(fault).not.toContain(PRIMARY.slice(0, 8))
  })
})
