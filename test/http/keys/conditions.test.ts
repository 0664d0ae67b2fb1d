import { describe, expect, test } from 'vitest'
import { given, STORES } from './given.ts'

const OTHER = '"00000000000000000"'

describe.each(STORES)('If-Match over %s', (_, open) => {
  test('of two administrators who change a key the second is told, and nothing is lost', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    const tag = (await ask('GET', `/keys/${id}`)).field('ETag') as string
    const change = (json: object) => ask('PATCH', `/keys/${id}`, { json, headers: { 'If-Match': tag } })
    const [first, second] = [await change({ description: 'the first' }), await change({ owner: 'the second' })]
    expect(first.status).toBe(200)
    expect({ status: second.status, reason: second.json.reason }).toEqual({ status: 412, reason: 'version-outdated' })
    expect((await ask('GET', `/keys/${id}`)).json).toMatchObject({ description: 'the first', owner: null })
  })

  test('of eight who revoke one version at once one is told that it is done', async () => {
    const { ask, create } = given(open())
    const { id, version } = await create('ci')
    const asked = { json: { overlapSeconds: 60 }, headers: { 'If-Match': `"${version}"` } }
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('POST', `/keys/${id}/rotate`, asked)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)])
  })

  const actions: [method: string, path: string, json: object | undefined][] = [
    ['PATCH', '', { description: 'x' }],
    ['DELETE', '', undefined],
    ['POST', '/rotate', { overlapSeconds: 0 }],
    ['POST', '/suspend', undefined],
    ['POST', '/resume', undefined],
    ['POST', '/revoke', undefined],
  ]

  test.each(actions)('is honoured by %s %s', async (method, path, json) => {
    const { ask, create } = given(open())
    const { id, version } = await create('ci')
    const asked = (tag: string) => ({ ...(json && { json }), headers: { 'If-Match': tag } })
    const act = (tag: string) => ask(method, `/keys/${id}${path}`, asked(tag))
    for (const tag of [OTHER, `W/"${version}"`]) {
      const { status, json } = await act(tag)
      expect({ tag, status, reason: json.reason }).toEqual({ tag, status: 412, reason: 'version-outdated' })
    }
    expect((await act('not a tag')).json).toMatchObject({ status: 400, reason: 'header-malformed' })
    expect((await act(`${OTHER}, "${version}"`)).status).toBeLessThan(300)
  })

  test('* takes any version, but no key that is not there', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    const headers = { 'If-Match': '*' }
    expect((await ask('POST', `/keys/${id}/suspend`, { headers })).status).toBe(200)
    expect((await ask('DELETE', `/keys/${id}`, { headers })).status).toBe(204)
    expect((await ask('DELETE', `/keys/${id}`, { headers })).status).toBe(404)
  })

  test('counts only for a request that is right without it', async () => {
    const { ask, create } = given(open())
    const { id } = await create('ci')
    const asked = { json: { colour: 'red' }, headers: { 'If-Match': OTHER } }
    expect((await ask('PATCH', `/keys/${id}`, asked)).status).toBe(422)
  })
})

describe('If-None-Match', () => {
  test.each([
    ['the version itself', (version: string) => `"${version}"`, 304],
    ['the version, weak', (version: string) => `W/"${version}"`, 304],
    ['the version among others', (version: string) => `${OTHER}, "${version}"`, 304],
    ['whatever there is', () => '*', 304],
    ['another version', () => OTHER, 200],
    ['what is no tag', () => 'abc', 400],
  ])('of %s', async (_, tag, expected) => {
    const { ask, create } = given()
    const { id, version } = await create('ci')
    const { status, reply, field } = await ask('GET', `/keys/${id}`, { headers: { 'If-None-Match': tag(version) } })
    expect(status).toBe(expected)
    if (expected === 304) expect({ body: reply.body, tag: field('ETag') }).toEqual({ body: '', tag: `"${version}"` })
  })

  test('a key may be kept by who asks again each time, and by nobody else', async () => {
    const { ask, create } = given()
    const { id } = await create('ci')
    expect((await ask('GET', `/keys/${id}`)).field('Cache-Control')).toBe('private, no-cache')
  })
})

test('without If-Match a change that somebody else comes before is told as a conflict', async () => {
  let interfere: (() => Promise<unknown>) | undefined
  const { ask, create, registry } = given(undefined, {
    through: (store) => ({
      ...store,
      async put(id, value, options) {
        const now = interfere
        interfere = undefined
        await now?.()
        return store.put(id, value, options)
      },
    }),
  })
  const { id } = await create('ci')
  interfere = () => registry.suspend(id, 'operator', 0)
  const { status, json } = await ask('PATCH', `/keys/${id}`, { json: { description: 'x' } })
  expect({ status, reason: json.reason }).toEqual({ status: 409, reason: 'conflict' })
})
