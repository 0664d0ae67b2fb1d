import { describe, expect, test } from 'vitest'
import { usageCsv } from '../../../src/http/keys/usage-csv.ts'
import { batches } from '../../../src/keys/batches.ts'
import { count, tallyOf } from '../../../src/keys/tally.ts'
import type { Store } from '../../../src/model/ports.ts'
import { ADMINISTRATOR, custom, DAY, given, NOW, STORES } from './given.ts'

const ONE = '0000000000000000a'
const TWO = '0000000000000000b'
const TODAY = '2026-05-28'

/** Writes what a process counts: two keys of two owners, on two days. */
async function counted(store: Store): Promise<void> {
  const written = batches('writer')
  for (const [key, owner, at, times] of [
    [ONE, 'acme', NOW, 3],
    [ONE, 'acme', NOW - DAY, 2],
    [TWO, 'other', NOW, 5],
  ] as const) {
    const tally = tallyOf(key, owner, at)
    for (let time = 0; time < times; time++) count(tally, undefined, '/orders', at)
    count(tally, 'permission-missing', '/users', at)
    written.add(tally)
  }
  for (let write = written.take(); write; write = written.take()) await store.put(write.id, write.value)
}

describe.each(STORES)('usage over %s', (_, open) => {
  test('is told for each key, owner and day of the last thirty', async () => {
    const store = open()
    await counted(store)
    const { status, json, field } = await given(store).ask('GET', '/usage')
    expect(status).toBe(200)
    expect({ from: json.from, to: json.to, unreadable: json.unreadable }).toEqual({
      from: '2026-04-29',
      to: TODAY,
      unreadable: 0,
    })
    expect(
      json.rows.map((row: Record<string, unknown>) => [row['owner'], row['key'], row['day'], row['allowed']]),
    ).toEqual([
      ['acme', ONE, '2026-05-27', 2],
      ['acme', ONE, TODAY, 3],
      ['other', TWO, TODAY, 5],
    ])
    expect(json.rows[1]).toMatchObject({
      refused: { 'permission-missing': 1 },
      routes: { '/orders': 3, '/users': 1 },
      firstSeen: new Date(NOW * 1000).toISOString(),
      lastSeen: new Date(NOW * 1000).toISOString(),
    })
    expect(field('Vary')).toBe('Accept')
  })

  test.each([
    ['owner=acme', [2, 3]],
    [`key=${TWO}`, [5]],
    ['from=2026-05-28', [3, 5]],
    ['to=2026-05-27', [2]],
    ['from=2026-05-27&to=2026-05-27', [2]],
    ['group=owner', [5, 5]],
    ['group=day', [2, 8]],
    ['group=key&owner=acme', [5]],
    ['owner=nobody', []],
  ])('by %s', async (query, expected) => {
    const store = open()
    await counted(store)
    const { json } = await given(store).ask('GET', `/usage?${query}`)
    expect(json.rows.map(({ allowed }: { allowed: number }) => allowed)).toEqual(expected)
  })

  test('of another owner is not told, whatever is asked', async () => {
    const store = open()
    await counted(store)
    const by = custom(['latchkey.usage.read'], { owner: 'acme' })
    const { ask } = given(store)
    for (const [query, expected] of [
      ['', 2],
      ['?owner=other', 0],
      [`?key=${TWO}`, 0],
      ['?group=day', 2],
    ] as const) {
      const { json } = await ask('GET', `/usage${query}`, { by })
      expect({ query, rows: json.rows.length }).toEqual({ query, rows: expected })
      expect(JSON.stringify(json)).not.toContain('other')
    }
  })
})

describe('what is asked about usage', () => {
  test.each([
    ['from=2026-13-01', ['from']],
    ['to=yesterday', ['to']],
    ['from=2026-02-30', ['from']],
    ['from=2026-05-28&to=2026-05-27', ['to']],
    ['from=2020-01-01', ['from']],
    ['group=route&format=xml', ['format', 'group']],
    ['colour=red', ['colour']],
  ])('%s is refused', async (query, expected) => {
    const { status, json } = await given().ask('GET', `/usage?${query}`)
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: 'query-invalid' })
    expect(json.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual(expected)
  })

  test.each([
    ['', undefined, 'application/json'],
    ['', '*/*', 'application/json'],
    ['', 'text/csv', 'text/csv; charset=utf-8; header=present'],
    ['', 'application/json, text/csv;q=0.5', 'application/json'],
    ['', 'application/json;q=0.1, Text/CSV', 'text/csv; charset=utf-8; header=present'],
    ['', 'text/html', 'application/json'],
    ['?format=csv', 'application/json', 'text/csv; charset=utf-8; header=present'],
    ['?format=json', 'text/csv', 'application/json'],
  ])('usage%s with Accept %s is answered in %s', async (query, accept, expected) => {
    const headers = accept === undefined ? {} : { accept }
    expect((await given().ask('GET', `/usage${query}`, { headers })).field('Content-Type')).toBe(expected)
  })

  test('what cannot be read is counted, and the rest is told', async () => {
    const { store, ask } = given()
    await counted(store)
    await store.put(`usage:${TODAY}:other:0`, '{"v":9}')
    const { json } = await ask('GET', '/usage', { by: ADMINISTRATOR })
    expect({ rows: json.rows.length, unreadable: json.unreadable }).toEqual({ rows: 3, unreadable: 1 })
  })
})

describe('CSV', () => {
  const row = {
    owner: 'acme',
    key: ONE,
    day: TODAY,
    allowed: 7,
    refused: { 'token-expired': 1, 'permission-missing': 2 },
    routes: { '/orders': 9, '/users': 1 },
    firstSeen: '2026-05-28T00:00:00.000Z',
    lastSeen: '2026-05-28T01:00:00.000Z',
  }

  test('has a header, and a line for each row', () => {
    expect(usageCsv([row])).toBe(
      'owner,key,day,allowed,refused,firstSeen,lastSeen,reasons,routes\r\n' +
        `acme,${ONE},${TODAY},7,3,${row.firstSeen},${row.lastSeen},permission-missing=2 token-expired=1,/orders=9 /users=1\r\n`,
    )
  })

  test.each([
    ['a, b', '"a, b"'],
    ['say "hi"', '"say ""hi"""'],
    ['a\nb', '"a\nb"'],
    ['=1+1', "'=1+1"],
    ['@sum', "'@sum"],
    ['-1,2', '"\'-1,2"'],
  ])('writes the owner %j as %s', (owner, expected) => {
    const [, line] = usageCsv([{ ...row, owner }]).split('\r\n')
    expect(line?.startsWith(`${expected},${ONE},`)).toBe(true)
  })

  test('leaves empty what is summed up', () => {
    expect(usageCsv([{ ...row, key: null, owner: null }]).split('\r\n')[1]).toMatch(/^,,2026-05-28,7,/)
  })
})
