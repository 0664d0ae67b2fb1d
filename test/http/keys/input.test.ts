import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MOST_BODY_BYTES } from '../../../src/http/keys/operations.ts'
import { given } from './given.ts'

const pointersOf = (json: { errors: readonly { pointer: string }[] }) => json.errors.map(({ pointer }) => pointer)

describe('a body', () => {
  test.each([
    ['no JSON', '{'],
    ['JSON with a comment', '{"name":"ci"} // a'],
    ['a truncated one', '{"name":"c'],
    ['bytes that are no UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d)],
    ['nothing but spaces', '  '],
  ])('that is %s is malformed', async (_, body) => {
    const { ask } = given()
    const { status, json } = await ask('POST', '/keys', { body })
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: 'body-malformed' })
  })

  test.each([
    ['another type', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['a merge patch', 'application/merge-patch+json'],
    ['none', ''],
  ])('of %s is not taken', async (_, type) => {
    const { ask } = given()
    const asked = { body: '{"name":"ci"}', headers: { 'content-type': type } }
    const { status, json, field } = await ask('POST', '/keys', asked)
    expect({ status, reason: json.reason }).toEqual({ status: 415, reason: 'media-type-unsupported' })
    expect(field('Accept')).toBe('application/json')
  })

  test('may name its charset', async () => {
    const { ask } = given()
    const asked = { body: '{"name":"ci"}', headers: { 'content-type': 'Application/JSON; charset=utf-8' } }
    expect((await ask('POST', '/keys', asked)).status).toBe(201)
  })

  test('of 64 KB is read, and one byte more is not', async () => {
    const { ask } = given()
    const padded = (bytes: number) => `{"name":"ci"${' '.repeat(bytes - '{"name":"ci"}'.length)}}`
    const over = await ask('POST', '/keys', { body: padded(MOST_BODY_BYTES + 1) })
    expect({ status: over.status, reason: over.json.reason }).toEqual({ status: 413, reason: 'body-too-large' })
    expect((await ask('POST', '/keys', { body: padded(MOST_BODY_BYTES) })).status).toBe(201)
    const form = {
      body: 'a'.repeat(MOST_BODY_BYTES + 1),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    expect((await ask('POST', '/introspect', form)).status).toBe(413)
  })

  test('is told all that is wrong at once, each place once', async () => {
    const { ask } = given()
    const json = {
      colour: 'red',
      state: 'active',
      description: 7,
      type: 'root',
      permissions: ['a', 1],
      expiresAt: 'tomorrow',
      lifetimeDays: 0.5,
      addresses: '10.0.0.0/8',
      limits: [{ requests: 0, window: 60 }],
      metadata: ['a'],
      force: 1,
    }
    const answer = await ask('POST', '/keys', { json })
    expect(answer.status).toBe(422)
    expect(pointersOf(answer.json).sort()).toEqual([
      '/addresses',
      '/colour',
      '/description',
      '/expiresAt',
      '/force',
      '/lifetimeDays',
      '/limits/0/requests',
      '/limits/0/window',
      '/metadata',
      '/name',
      '/permissions/1',
      '/state',
      '/type',
    ])
    expect(answer.json.errors).toContainEqual({ detail: 'required, and missing', pointer: '/name' })
    expect(answer.json.errors).toContainEqual({ detail: 'no such member here', pointer: '/colour' })
  })

  test.each([
    ['what a name may be', { name: ' ci' }, '/name'],
    ['what a permission may be', { name: 'ci', type: 'custom', permissions: ['a b'] }, '/permissions/0'],
    ['that permissions are for custom keys', { name: 'ci', permissions: ['a.b'] }, '/permissions'],
    ['that an end is to come', { name: 'ci', expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    ['that a day is of the calendar', { name: 'ci', expiresAt: '2027-02-30T00:00:00Z' }, '/expiresAt'],
    ['that a time has a zone', { name: 'ci', expiresAt: '2027-02-01T00:00:00' }, '/expiresAt'],
    ['that a block has no bits behind its prefix', { name: 'ci', addresses: ['10.0.0.1/8'] }, '/addresses/0'],
    [
      'that a limit counts one way',
      { name: 'ci', limits: [{ requests: 1, windowSeconds: 1, per: 'day' }] },
      '/limits/0',
    ],
    ['that an end is told in one way', { name: 'ci', expiresAt: null, lifetimeDays: 1 }, ''],
  ])('is told %s', async (_, json, pointer) => {
    const { ask } = given()
    const answer = await ask('POST', '/keys', { json })
    expect({ status: answer.status, pointers: pointersOf(answer.json) }).toEqual({ status: 422, pointers: [pointer] })
  })

  test('is told a lifetime that is too long where it was sent', async () => {
    const lifetimes = { defaultLifetimeDays: 30, maxLifetimeDays: 60, allowNever: false }
    const { ask, create } = given(undefined, { lifetimes })
    const { id } = await create('a')
    const json = { lifetimeDays: 61 }
    const answers = [
      await ask('POST', '/keys', { json: { name: 'b', ...json } }),
      await ask('PATCH', `/keys/${id}`, { json }),
      await ask('POST', `/keys/${id}/rotate`, { json: { overlapSeconds: 0, ...json } }),
    ]
    expect(answers.map((answer) => pointersOf(answer.json))).toEqual(Array(3).fill(['/lifetimeDays']))
  })

  test('is told the nearest permissions where no route needs one, unless it is forced', async () => {
    const { ask } = given(undefined, { routePermissions: ['orders.read', 'orders.write'] })
    const json = { name: 'ci', type: 'custom', permissions: ['order.read'] }
    const refused = await ask('POST', '/keys', { json })
    expect(refused.json.errors).toMatchObject([
      { pointer: '/permissions/0', detail: expect.stringContaining('orders.read') },
    ])
    expect((await ask('POST', '/keys', { json: { ...json, force: true } })).status).toBe(201)
  })

  test.each(['[]', '"ci"', 'null', '7', '{"__proto__":{}}', '{"constructor":1}'])(
    '%s is no description of a key',
    async (body) => {
      const { ask, create } = given()
      const { id } = await create('ci')
      for (const [method, path] of [
        ['POST', '/keys'],
        ['PATCH', `/keys/${id}`],
        ['POST', `/keys/${id}/revoke`],
        ['POST', `/keys/${id}/suspend`],
      ] as const) {
        const { status, json } = await ask(method, path, { body })
        expect({ path, status, pointers: pointersOf(json) }).toEqual({ path, status: 422, pointers: [''] })
      }
    },
  )

  test('loses no member of the metadata to a name that objects have', async () => {
    const { ask } = given()
    const answer = await ask('POST', '/keys', { body: '{"name":"ci","metadata":{"constructor":"a"}}' })
    expect({ status: answer.status, pointers: pointersOf(answer.json) }).toEqual({
      status: 422,
      pointers: ['/metadata'],
    })
    const kept = await ask('POST', '/keys', { json: { name: 'ci', metadata: { toString: 'a', '': 'b' } } })
    expect(kept.json.metadata).toEqual({ toString: 'a', '': 'b' })
  })

  test('of any JSON is answered, and never with what was sent', async () => {
    const { ask } = given()
    await fc.assert(
      fc.asyncProperty(fc.json(), async (body) => {
        const { status } = await ask('POST', '/keys', { body })
        expect([400, 422]).toContain(status)
      }),
    )
    const secret = 'lk_1100000000000000000'
    const { reply } = await ask('POST', '/keys', { json: { name: [secret], [`x${secret}`]: 1, type: secret } })
    expect(reply.body.match(new RegExp(secret, 'g'))).toHaveLength(1)
  })
})

describe('a query', () => {
  test.each([
    ['limit=0', ['limit']],
    ['limit=101', ['limit']],
    ['limit=1e1', ['limit']],
    ['limit=', ['limit']],
    ['sort=size', ['sort']],
    ['state=gone&surface=web&type=root', ['state', 'surface', 'type']],
    ['colour=red', ['colour']],
    ['limit=1&limit=1', ['limit']],
    ['cursor=abc', ['cursor']],
    ['cursor=', ['cursor']],
    ['__proto__=1', ['__proto__']],
    ['constructor=1', ['constructor']],
  ])('%s is refused', async (query, expected) => {
    const { ask } = given()
    const { status, json } = await ask('GET', `/keys?${query}`)
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: 'query-invalid' })
    expect(json.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual(expected)
  })

  test('with a cursor of another order is refused', async () => {
    const { ask, create } = given()
    for (const name of ['a', 'b']) await create(name)
    const { json } = await ask('GET', '/keys?limit=1&sort=name')
    expect((await ask('GET', `/keys?limit=1&cursor=${json.cursor}`)).status).toBe(400)
  })

  test.each([
    ['POST', '/keys?dryRun=true'],
    ['GET', '/openapi.json?v=1'],
    ['POST', '/introspect?token=abc'],
  ])('%s %s takes none', async (method, target) => {
    const { ask } = given()
    const { status, json, reply } = await ask(method, target)
    expect({ status, reason: json.reason }).toEqual({ status: 400, reason: 'query-invalid' })
    expect(reply.body).not.toContain('abc')
  })

  test('may be empty', async () => {
    const { ask } = given()
    expect((await ask('GET', '/keys?')).status).toBe(200)
  })
})

test('an id that no key has is not found, whatever number it is', async () => {
  const { ask } = given()
  for (const id of ['0'.repeat(17), 'z'.repeat(17)]) expect((await ask('GET', `/keys/${id}`)).status).toBe(404)
})
