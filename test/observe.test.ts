import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Document } from '../src/document.ts'
import type { DecisionEvent } from '../src/model/event.ts'
import { observer } from '../src/observe.ts'
import type { AccessFacts } from './given/access.ts'
import { accessOf, bearer } from './given/access.ts'
import { authorityOf, DOCUMENT, hostOf, TOKENS } from './given/authority.ts'

async function eventsOf(facts: AccessFacts, log: Document['log'] = {}): Promise<DecisionEvent[]> {
  const host = hostOf()
  await authorityOf({ ...DOCUMENT, log }, host).judge(accessOf(facts), { defer: () => undefined })
  return host.sink.events.filter((event): event is DecisionEvent => event.type === 'decision')
}

const allowed = { target: '/orders/7?page=2', headers: [bearer(TOKENS.FULL), ['User-Agent', 'curl/8']] } as const

describe('a decision event', () => {
  it('of an allowance says who did what', async () => {
    expect(await eventsOf(allowed)).toEqual([
      {
        type: 'decision',
        time: '2026-06-01T00:00:00.000Z',
        requestId: accessOf().requestId,
        host: 'api.example',
        method: 'GET',
        route: '/*',
        path: '/orders/7',
        decision: 'allow',
        reason: null,
        detail: null,
        kind: 'static-token',
        name: 'full',
        keyId: null,
        owner: null,
        slot: 0,
        address: '203.0.113.7',
        userAgent: 'curl/8',
        durationMs: 0,
      },
    ])
  })

  it("of a refusal says why, and nobody's name", async () => {
    expect(await eventsOf({ headers: [bearer('unknown')] })).toMatchObject([
      { decision: 'deny', reason: 'token-unknown', route: '/*', kind: null, name: null, slot: null },
    ])
  })

  it('of a refusal after the proof says whose', async () => {
    const document: Document = { ...DOCUMENT, routes: [{ path: '/*', surface: 'admin' }] }
    const host = hostOf()
    await authorityOf(document, host).judge(accessOf(allowed), { defer: () => undefined })
    expect(host.sink.events).toMatchObject([{ reason: 'surface-mismatch', kind: 'static-token', name: 'full' }])
  })

  it('of an outage says what failed, which the caller is not told', async () => {
    const detail = 'test: no answer'
    const host = hostOf()
    const decision = { allow: false, principal: undefined, match: undefined } as const
    const observe = observer({ allowed: true, sample: 1, address: 'full' }, host.sink)
    observe({ ...decision, refusal: { reason: 'dependency-unavailable', detail } }, accessOf(), 0)
    expect(host.sink.events).toMatchObject([{ reason: 'dependency-unavailable', detail }])
  })

  it.each([
    ['/a?token=1', '/a'],
    ['/a#token', '/a'],
    ['/a?b#c?d', '/a'],
    ['/', '/'],
    ['http://user:token@api.example/a', ''],
    ['user:token@api.example:443', ''],
    ['*', ''],
    ['', ''],
  ])('holds nothing of %j but %j', async (target, path) => {
    expect(await eventsOf({ target })).toMatchObject([{ path }])
  })

  it.each([
    ['full', '203.0.113.7', '203.0.113.7'],
    ['truncated', '203.0.113.7', '203.0.113.0'],
    ['truncated', '2001:db8:1:2::3', '2001:db8:1::'],
    ['none', '203.0.113.7', null],
    ['full', undefined, null],
    ['truncated', undefined, null],
  ] as const)('has the address %s of %j: %j', async (address, clientAddress, expected) => {
    expect(await eventsOf({ clientAddress }, { address })).toMatchObject([{ address: expected }])
  })

  it('has null where there is no route and no user agent', async () => {
    expect(await eventsOf({ target: '/a/../b' })).toMatchObject([{ route: null, userAgent: null }])
  })
})

describe('of allowed requests', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('none is written where the document says so, but every refusal', async () => {
    expect(await eventsOf(allowed, { allowed: false })).toEqual([])
    expect(await eventsOf({}, { allowed: false })).toHaveLength(1)
  })

  it.each([
    [0.5, 0.49, 1],
    [0.5, 0.5, 0],
    [0, 0, 0],
    [1, 0.999, 1],
  ])('the part %s is written: a draw of %s writes %i', async (sample, draw, count) => {
    vi.spyOn(Math, 'random').mockReturnValue(draw)
    expect(await eventsOf(allowed, { sample })).toHaveLength(count)
    expect(await eventsOf({}, { sample })).toHaveLength(1)
  })
})

describe('no event', () => {
  it.each<[string, AccessFacts]>([
    ['a bearer token', { headers: [bearer(TOKENS.FULL)] }],
    ['a malformed one', { headers: [bearer(`${TOKENS.FULL} x`)] }],
    ['one in the query', { target: `/a?api_token=${TOKENS.FULL}` }],
    ["one in a user's place", { target: `http://x:${TOKENS.FULL}@api.example/` }],
    ['one in a cookie', { headers: [['Cookie', `session=${TOKENS.FULL}`]] }],
  ])('holds %s', async (_, facts) => {
    expect(JSON.stringify(await eventsOf(facts))).not.toContain(TOKENS.FULL)
  })
})
