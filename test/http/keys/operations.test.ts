import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findOperation, matchOperation, OPERATIONS } from '../../../src/http/keys/operations.ts'
import { OWN_PERMISSIONS } from '../../../src/keys/actor.ts'

const ID = '04gZ2hT8kQ1vXc5Rn'

describe('operations', () => {
  test.each([
    ['GET', '/keys', 'list-keys'],
    ['HEAD', '/keys', 'list-keys'],
    ['POST', '/keys', 'create-key'],
    ['POST', '/keys/import', 'import-keys'],
    ['GET', `/keys/${ID}`, 'read-key'],
    ['PATCH', `/keys/${ID}`, 'update-key'],
    ['DELETE', `/keys/${ID}`, 'delete-key'],
    ['POST', `/keys/${ID}/rotate`, 'rotate-key'],
    ['POST', `/keys/${ID}/suspend`, 'suspend-key'],
    ['POST', `/keys/${ID}/resume`, 'resume-key'],
    ['POST', `/keys/${ID}/revoke`, 'revoke-key'],
    ['POST', `/keys/${ID}/reveal`, 'reveal-key'],
    ['GET', `/keys/${ID}/events`, 'list-events'],
    ['GET', '/usage', 'read-usage'],
    ['POST', '/introspect', 'introspect'],
    ['POST', '/revoke', 'revoke-token'],
    ['POST', '/whoami/rotate', 'rotate-own'],
    ['POST', '/token', 'issue-token'],
    ['GET', '/jwks.json', 'read-key-set'],
    ['GET', '/openapi.json', 'read-openapi'],
  ])('%s %s is %s', (method, path, expected) => {
    expect(findOperation(path, method)?.operation).toBe(expected)
  })

  test.each([
    ['GET', ''],
    ['GET', '/'],
    ['GET', '/keys/'],
    ['GET', '//keys'],
    ['GET', '/KEYS'],
    ['GET', '/keys/:id'],
    ['DELETE', '/keys/:id'],
    ['PUT', '/keys'],
    ['get', '/keys'],
    ['OPTIONS', '/keys'],
    ['GET', '/keys/import'],
    ['GET', `/keys/${ID.slice(1)}`],
    ['GET', `/keys/${ID}0`],
    ['GET', `/keys/${ID}/`],
    ['GET', `/keys/${ID}/rotate`],
    ['POST', `/keys/${ID}`],
    ['POST', `/keys/${ID}/rotate/`],
    ['POST', `/keys/${ID}/Rotate`],
    ['POST', `/keys/${ID}/${ID}`],
    ['POST', `/keys/${ID}//rotate`],
    ['POST', `/keys/import/rotate`],
    ['GET', `/keys/${ID.slice(0, -1)}-`],
    ['GET', `/keys/${ID.slice(0, -3)}%41`],
    ['GET', `/keys/..${ID.slice(2)}`],
    ['GET', `/keys/${ID}%00`],
    ['GET', `/keys/${ID}\n`],
    ['GET', `/usage/`],
    ['GET', '/openapi'],
    ['GET', '/constructor'],
    ['GET', '/__proto__'],
  ])('%s %j is none', (method, path) => {
    expect(findOperation(path, method)).toBeUndefined()
  })

  test('whatever is no id of 17 base62 digits names no key', () => {
    const id = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9A-Za-z]{15,19}$/))
    const more = fc.constantFrom('', '/events', '/rotate')
    const method = fc.constantFrom('GET', 'POST')
    const property = fc.property(id, more, method, (text, behind, asked) => {
      const isNone = findOperation(`/keys/${text}${behind}`, asked) === undefined
      return isNone || /^[0-9A-Za-z]{17}$/.test(text) || text + behind === 'import'
    })
    expect(fc.check(property).counterexample).toBeNull()
  })

  test('read where they ask by GET or change nothing, and write where they change something', () => {
    const reading = OPERATIONS.filter(({ access }) => access === 'read').map(({ operation }) => operation)
    expect(reading).toEqual([
      'list-keys',
      'read-key',
      'list-events',
      'read-usage',
      'introspect',
      'read-key-set',
      'read-openapi',
    ])
  })

  test('need just the permissions that a principal of the surface keys may have', () => {
    const needed = OPERATIONS.flatMap(({ permission = [] }) => permission)
    expect([...new Set(needed)].sort()).toEqual([...OWN_PERMISSIONS].sort())
    const free = OPERATIONS.filter(({ permission }) => permission === undefined).map(({ operation }) => operation)
    expect(free).toEqual(['rotate-own', 'issue-token', 'read-key-set', 'read-openapi'])
  })
})

describe('what the gate judges by', () => {
  const target = (path: string, query?: string) => ({ path, query })

  test('is the surface keys and the permission of the operation', () => {
    const match = matchOperation('/_latchkey', target(`/_latchkey/keys/${ID}`, 'a=b'), 'DELETE', false)
    expect(match).toMatchObject({
      pattern: '/_latchkey/keys/:id',
      path: `/_latchkey/keys/${ID}`,
      query: 'a=b',
      passage: 'judged',
      access: 'write',
      surface: 'keys',
      permissions: [{ parts: ['latchkey', '.', 'keys', '.', 'delete'] }],
      endpoint: 'keys',
    })
  })

  test.each([
    ['POST', '/whoami/rotate', 'judged', undefined],
    ['POST', '/revoke', 'optional', 'keys'],
    ['GET', '/openapi.json', 'public', undefined],
  ])('%s %s passes as %s', (method, path, passage, surface) => {
    expect(matchOperation('/base', target(`/base${path}`), method, false)).toMatchObject({ passage, surface })
  })

  test.each([
    ['POST', '/token'],
    ['GET', '/jwks.json'],
  ])('%s %s is public, and there only where tokens are issued', (method, path) => {
    expect(matchOperation('/base', target(`/base${path}`), method, false, true)).toMatchObject({ passage: 'public' })
    expect(matchOperation('/base', target(`/base${path}`), method, false)).toBeUndefined()
  })

  test('is nothing beside the base, and a preflight where one is asked', () => {
    expect(matchOperation('/base', target('/other/keys'), 'GET', false)).toBeUndefined()
    expect(matchOperation('/base', target('/basekeys'), 'GET', false)).toBeUndefined()
    expect(matchOperation('/base', target('/keys'), 'GET', false)).toBeUndefined()
    expect(matchOperation('/base', target('/base/keys'), 'POST', true)).toMatchObject({ passage: 'preflight' })
  })
})
