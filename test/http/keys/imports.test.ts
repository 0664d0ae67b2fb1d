import { describe, expect, test } from 'vitest'
import { given, STORES, sha256 } from './given.ts'

const TOKEN = `old_${'c3'.repeat(16)}`
const key = async (name = 'old', token = TOKEN) => ({
  name,
  type: 'custom',
  permissions: ['orders.read'],
  owner: 'acme',
  scheme: 'sha256',
  hash: await sha256(token),
})

describe.each(STORES)('an import over %s', (_, open) => {
  test('takes keys over, whose tokens go on counting', async () => {
    const { ask, principal } = given(open())
    const json = [{ ...(await key()), createdAt: '2024-05-01T08:00:00Z', expiresAt: null, metadata: { from: 'us' } }]
    const answer = await ask('POST', '/keys/import', { json })
    expect(answer.status).toBe(200)
    const [result] = answer.json.results
    expect(result).toEqual({ name: 'old', result: 'imported', id: expect.stringMatching(/^[0-9A-Za-z]{17}$/) })
    expect(await principal(TOKEN)).toMatchObject({ subject: result.id, owner: 'acme', slot: 0 })
    expect((await ask('GET', `/keys/${result.id}`)).json).toMatchObject({
      name: 'old',
      imported: 'sha256',
      createdAt: '2024-05-01T08:00:00.000Z',
      expiresAt: null,
      metadata: { from: 'us' },
      viewable: false,
    })
  })

  test('that is sent twice changes nothing', async () => {
    const { ask } = given(open())
    const json = [await key()]
    const first = await ask('POST', '/keys/import', { json })
    const second = await ask('POST', '/keys/import', { json })
    expect(second.json.results).toEqual([{ name: 'old', result: 'already', id: first.json.results[0].id }])
    expect((await ask('GET', '/keys')).json.items).toHaveLength(1)
  })

  test('has a result for each, and one that is refused keeps no other out', async () => {
    const { ask, create } = given(open())
    await create('taken')
    const json = [
      await key('taken', `old_${'d4'.repeat(16)}`),
      { ...(await key('bad', `old_${'e5'.repeat(16)}`)), permissions: ['a b'], hash: 'ABC' },
      await key(),
    ]
    const { status, json: answer } = await ask('POST', '/keys/import', { json })
    expect(status).toBe(200)
    expect(answer.results).toMatchObject([
      { name: 'taken', result: 'refused', reason: 'name-taken', errors: [] },
      {
        name: 'bad',
        result: 'refused',
        reason: 'invalid',
        errors: [{ pointer: '/permissions/0' }, { pointer: '/hash' }],
      },
      { name: 'old', result: 'imported' },
    ])
  })

  test('takes an end that is over: the key is told as expired', async () => {
    const { ask } = given(open())
    const json = [{ ...(await key()), expiresAt: '2020-01-01T00:00:00.200Z' }]
    const { results } = (await ask('POST', '/keys/import', { json })).json
    expect((await ask('GET', `/keys/${results[0].id}`)).json.expiresAt).toBe('2020-01-01T00:00:01.000Z')
  })
})

describe('what is imported', () => {
  test.each([
    ['no list', { keys: [] }, ['']],
    ['a plain token', [{ token: TOKEN }], ['/0/token']],
    ['a key of surface keys', [{ surface: 'keys' }], ['/0/surface']],
    ['a scheme that nobody knows', [{ scheme: 'md5' }], ['/0/scheme']],
  ])('is not %s', async (_, more, expected) => {
    const { ask } = given()
    const json = Array.isArray(more) ? [{ ...(await key()), ...more[0] }] : more
    const answer = await ask('POST', '/keys/import', { json })
    expect(answer.status).toBe(422)
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(expected)
    expect(answer.reply.body).not.toContain(TOKEN)
  })

  test('are a hundred keys at most', async () => {
    const { ask } = given()
    const keys = await Promise.all(Array.from({ length: 101 }, (_, place) => key(`k${place}`, `t${place}`)))
    expect((await ask('POST', '/keys/import', { json: keys })).status).toBe(422)
    const { json } = await ask('POST', '/keys/import', { json: keys.slice(1) })
    expect(json.results.filter(({ result }: { result: string }) => result === 'imported')).toHaveLength(100)
  })

  test('may be nothing', async () => {
    expect((await given().ask('POST', '/keys/import', { json: [] })).json).toEqual({ results: [] })
  })
})
