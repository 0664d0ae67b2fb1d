import { describe, expect, test } from 'vitest'
import { parseKey } from '../src/keys/format.ts'
import { memory as countedInMemory } from '../src/limiters/memory.ts'
import type { DecisionEvent } from '../src/model/event.ts'
import type { Reason } from '../src/model/reason.ts'
import { REASONS } from '../src/model/reason.ts'
import { memory } from '../src/stores/memory.ts'
import { validate } from '../src/validate.ts'
import type { Observed } from './hosts/compare.ts'
import { differences } from './hosts/compare.ts'
import { noSecretIn } from './hosts/leaks.ts'
import type { Cell } from './hosts/matrix-reporter.ts'
import { matrix } from './hosts/matrix-reporter.ts'
import { seed } from './hosts/seed.ts'
import type { Vector } from './hosts/vector.ts'
import { vectors } from './hosts/vector.ts'

const table = vectors()

describe('the decision table', () => {
  test('has a row for each reason that a decision can have', () => {
    const notDecided: readonly Reason[] = ['origin-unreachable', 'origin-timeout']
    const told = new Set(table.map((vector) => vector.expect.reason))
    const missing = (Object.keys(REASONS) as Reason[]).filter((reason) => !told.has(reason))
    expect(missing.sort()).toEqual([...notDecided].sort())
  })

  test('names each row once', () => {
    const titles = table.map(({ name }) => name)
    expect(titles.filter((title, place) => titles.indexOf(title) !== place)).toEqual([])
    expect(titles.length).toBeGreaterThan(150)
  })

  test("expects of a refusal its reason's status, but where a row says whose other status it is", () => {
    const isOther = ({ document, request, expect: { headers } }: Vector) =>
      typeof document.refusals === 'object' || request.target.includes('/verify') || 'grpc-status' in (headers ?? {})
    const wrong = table.filter(
      (vector) =>
        vector.expect.outcome === 'refused' &&
        !isOther(vector) &&
        vector.expect.status !== REASONS[vector.expect.reason as Reason]?.status,
    )
    expect(wrong.map(({ name }) => name)).toEqual([])
  })

  test('has a valid document in every row that is not about a faulty one', () => {
    const faulty = table.filter(({ document }) => !validate(document).ok)
    expect(faulty.filter(({ file }) => !['faulty', 'refusal-order', 'grpc'].includes(file))).toEqual([])
    const others = faulty.filter(
      ({ expect: { reason, outcome } }) => outcome === 'refused' && reason !== 'not-configured',
    )
    expect(others.map(({ name }) => name)).toEqual([])
  })

  test('says of every row over plain http what its document makes of that, as hosts have two defaults', () => {
    const silent = table.filter(
      ({ request, document }) => request.scheme === 'http' && document.transport === undefined,
    )
    expect(silent.map(({ name }) => name)).toEqual([])
  })
})

const PASSES = table.find(({ name }) => name === 'static-token: passes the token that is configured') as Vector
const REFUSES = table.find(({ name }) => name === 'static-token: refuses an unknown token and says so') as Vector
const ID: [string, string] = ['X-Latchkey-Request-Id', 'b6f3a5d2-0f0e-4c1c-9f3f-0a6a3f1d2c4b']
const TOKEN = PASSES.secrets['T_FULL'] as string

const HIDDEN = 'a-token-that-a-key-has'
const HIDING: Vector = { ...PASSES, hidden: { 'token of a key': HIDDEN } }
const SLOT: Vector = { ...PASSES, expect: { ...PASSES.expect, event: { slot: 1 } } }
const EVENT = { type: 'decision', decision: 'allow', reason: null, path: '/orders', method: 'GET' } as DecisionEvent

const names = ['Subject', 'Name', 'Kind', 'Type', 'Owner', 'Permissions', 'Expires']
const values: Readonly<Record<string, string>> = PASSES.expect.identity ?? {}
const identity = names.map((name): [string, string] => [`X-Latchkey-${name}`, values[name] ?? ''])
const received = { method: 'GET', target: '/orders?x=1', headers: [...identity, ID] }
const passed: Observed = { status: 200, headers: [ID], body: '', origin: received }

const problem = {
  type: 'urn:latchkey:reason:token-unknown',
  title: 'Send a token that this service accepts.',
  status: 401,
  reason: 'token-unknown',
  requestId: ID[1],
}
const headers: [string, string][] = [
  ['content-type', 'application/problem+json'],
  ['cache-control', 'no-store'],
  ['www-authenticate', 'Bearer realm="orders", error="invalid_token"'],
  ID,
]
const refused: Observed = { status: 401, headers, body: JSON.stringify(problem) }
const without = (name: string) => headers.filter(([each]) => each !== name)
const withOrigin = (fields: [string, string][]): Observed => ({ ...passed, origin: { ...received, headers: fields } })

describe('comparing', () => {
  test.each<[name: string, vector: Vector, observed: Observed]>([
    ['an answer that passes', PASSES, passed],
    ['an answer that refuses', REFUSES, refused],
  ])('finds no difference in %s as it should be', (_, vector, observed) => {
    expect(differences(vector, observed)).toEqual([])
  })

  test.each<[name: string, vector: Vector, observed: Observed, difference: RegExp]>([
    ['another status', PASSES, { ...passed, status: 204 }, /^status: expected 200, got 204/],
    ['an origin that got nothing', PASSES, { ...passed, origin: undefined }, /nothing arrived/],
    ['another target', PASSES, { ...passed, origin: { ...received, target: '/orders' } }, /target at the origin/],
    ['another method', PASSES, { ...passed, origin: { ...received, method: 'POST' } }, /method at the origin/],
    ['a missing identity', PASSES, withOrigin([ID]), /how often X-Latchkey-Subject is there: expected 1, got 0/],
    ['an identity twice', PASSES, withOrigin([...identity, ID, ['x-latchkey-name', 'x']]), /how often X-Latchkey-Name/],
    ['another identity', PASSES, withOrigin([['X-Latchkey-Name', 'x'], ...identity.slice(1), ID]), /X-Latchkey-Name/],
    ['another request id', PASSES, withOrigin([...identity, [ID[0], 'another-id']]), /request id at the origin/],
    ['a credential', PASSES, withOrigin([...identity, ID, ['X-Copy', TOKEN]]), /a credential arrived .* in X-Copy/],
    ['a field that must be absent', PASSES, withOrigin([...identity, ID, ['authorization', 'x']]), /authorization/],
    ['no request id', PASSES, { ...passed, headers: [] }, /no request id/],
    ['no event', PASSES, { ...passed, events: [] }, /not exactly one decision event/],
    [
      'a store that was asked',
      { ...PASSES, expect: { ...PASSES.expect, reads: 0 } },
      { ...passed, reads: 1 },
      /asked for/,
    ],
    ['another secret of a key', SLOT, { ...passed, events: [{ ...EVENT, slot: 0 }] }, /^event\.slot: expected "1"/],
    [
      'what the row hides',
      HIDING,
      withOrigin([...identity, ID, ['X-Copy', HIDDEN]]),
      /a credential arrived .* in X-Copy/,
    ],
    ['an origin that got a refused request', REFUSES, { ...refused, origin: received }, /something arrived/],
    ['no challenge', REFUSES, { ...refused, headers: without('www-authenticate') }, /^WWW-Authenticate/],
    ['a refusal that may be stored', REFUSES, { ...refused, headers: without('cache-control') }, /no-store/],
    [
      'another reason',
      REFUSES,
      { ...refused, body: JSON.stringify({ ...problem, reason: 'token-expired' }) },
      /^reason/,
    ],
    ['another status in the body', REFUSES, { ...refused, body: JSON.stringify({ ...problem, status: 403 }) }, /body/],
    ['a member too many', REFUSES, { ...refused, body: JSON.stringify({ ...problem, token: 'x' }) }, /^members/],
  ])('finds %s', (_, vector, observed, difference) => {
    expect(differences(vector, observed)).toContainEqual(expect.stringMatching(difference))
  })
})

describe('the keys of a row', () => {
  const key = (row: string) => table.find(({ name }) => name === row) as Vector
  const ONE = key('keys: passes a full-access key and tells the origin who it is')
  const CUT = key('key-tokens: refuses a key that is cut off')
  const FORGED = key('key-tokens: refuses a forged id without asking the store')
  const tokenOf = ({ request }: Vector) => request.headers[0]?.[1].replace('Bearer ', '') ?? ''

  test('are in its store, and their tokens and ids in its texts', () => {
    const [entry] = ONE.store?.entries ?? []
    const subject = ONE.expect.identity?.['Subject']
    expect(entry?.id).toBe(`key:${subject}`)
    expect(parseKey(tokenOf(ONE))).toMatchObject({ prefix: 'lk', id: subject })
    expect(JSON.stringify(table)).not.toMatch(/\{\{/)
  })

  test('are what a row says somebody has made of them', () => {
    expect(parseKey(tokenOf(CUT))).toBeUndefined()
    const forged = parseKey(tokenOf(FORGED))
    expect(FORGED.store?.entries.map(({ id }) => id)).toEqual([`key:${forged?.id}`])
  })

  test('are the same for rows that say the same of them, and others for all others', () => {
    const entries = table.flatMap(({ name, store }) =>
      (store?.entries ?? []).map(({ id, value }) => ({ name, id, value })),
    )
    const values = new Map(entries.map(({ id, value }) => [id, value]))
    expect(entries.filter(({ id, value }) => values.get(id) !== value)).toEqual([])
    expect(values.size).toBeGreaterThan(100)
  })

  test('hide tokens, secrets and digests', () => {
    expect(Object.keys(ONE.hidden).sort()).toEqual([
      'digest of full',
      'previous digest of full',
      'previous secret of full',
      'previous token of full',
      'secret of full',
      'token of full',
    ])
    expect(() => noSecretIn(JSON.stringify(ONE.request), ONE)).toThrow('token of full was told')
    expect(() => noSecretIn(JSON.stringify(ONE.store), ONE)).toThrow('digest of full was told')
  })

  test('that nobody has named are not there', () => {
    expect(ONE.store?.entries).toHaveLength(1)
  })

  test('are refused by a store that has another value for them', async () => {
    const entries = ONE.store?.entries.map((entry) => ({ ...entry, value: 'another value' })) ?? []
    const other = { name: 'another row', store: ONE.store && { ...ONE.store, entries } }
    await expect(seed([ONE, other], memory(), countedInMemory())).rejects.toThrow('is there with another value')
  })
})

describe('the matrix', () => {
  const cells: Cell[] = [
    { file: 'paths', host: 'node', state: 'passed', note: undefined },
    { file: 'paths', host: 'node', state: 'skipped', note: 'no socket has it' },
    { file: 'paths', host: 'worker', state: 'failed', note: undefined },
    { file: 'slots', host: 'node', state: 'skipped', note: 'no socket has it' },
  ]

  test('counts rows by file and host, and skips by reason', () => {
    expect(
      matrix(cells)
        .split('\n')
        .map((line) => line.trim().replace(/ {2,}/g, ' | ')),
    ).toEqual([
      '',
      'Decision table (passed / skipped / failed)',
      'rows by host | node | worker',
      'paths | 1 / 1 / 0 | 0 / 0 / 1 FAILED',
      'slots | 0 / 1 / 0 | -',
      'all | 1 / 2 / 0 | 0 / 0 / 1 FAILED',
      'Skipped rows',
      '2 | node: no socket has it',
      '',
    ])
  })
})
