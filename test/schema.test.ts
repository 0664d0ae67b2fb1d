import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { SCHEMA_FILE, schemaText } from '../scripts/schema.ts'
import { validate } from '../src/validate.ts'
import { DOCUMENT } from './given/authority.ts'
import type { PathInDocument } from './given/documents.ts'
import { changed, EVERYTHING, leavesOf } from './given/documents.ts'

const committed = readFileSync(SCHEMA_FILE, 'utf8')
const ajv = new Ajv({ strict: true, allowUnionTypes: true })
formats.default.default(ajv)
const isBySchema = ajv.compile(JSON.parse(committed) as object)
const isByProgram = (document: unknown) => validate(document).ok

describe('latchkey.schema.json', () => {
  it("is what the program's own schema gives: run `npm run schema`", () => {
    expect(committed).toBe(schemaText())
  })

  it.each([
    ['a small document', DOCUMENT],
    ['a document with every key', EVERYTHING],
    ['an origin by its URL', { ...DOCUMENT, origin: 'https://origin.example:8443/' }],
    ['an origin in the zone', { ...DOCUMENT, origin: { zone: true } }],
    [
      'slots',
      changed(
        DOCUMENT,
        ['credentials', 0, 'tokens'],
        [{ secret: 'A' }, { secret: 'B', until: '2027-01-01T00:00:00+01:00' }],
      ),
    ],
    ['a dialect by its name', { ...DOCUMENT, refusals: 'praisonai' }],
    ['every address', { ...DOCUMENT, addresses: { allow: ['0.0.0.0/0', '::/0'] } }],
  ])('takes %s, and so does validate', (_, document) => {
    expect({ schema: isBySchema(document), program: isByProgram(document) }).toEqual({ schema: true, program: true })
  })

  const wrong: readonly (readonly [PathInDocument, unknown])[] = [
    [['credentials'], undefined],
    [['credentials'], []],
    [['credentials'], {}],
    [['routes'], undefined],
    [['routes'], []],
    [['colour'], 'red'],
    [['credentials', 0, 'colour'], 'red'],
    [['credentials', 0, 'kind'], 'password'],
    [['credentials', 0, 'kind'], undefined],
    [['credentials', 0, 'tokens'], undefined],
    [['credentials', 0, 'tokens'], []],
    [['credentials', 0, 'tokens'], 'a-token'],
    [['credentials', 0, 'tokens'], { secret: 'a-token' }],
    [['credentials', 0, 'tokens'], { secret: 'A', since: 1 }],
    [
      ['credentials', 0, 'tokens'],
      [{ secret: 'A' }, {}],
    ],
    [['credentials', 0, 'tokens'], { secret: 'A', until: 'soon' }],
    [['credentials', 0, 'from'], []],
    [['credentials', 0, 'from'], [{ header: 'a b' }]],
    [['credentials', 0, 'from'], [{ body: 'token' }]],
    [['credentials', 0, 'type'], 'admin'],
    [['credentials', 0, 'surface'], 'web'],
    [['credentials', 0, 'forward'], 'yes'],
    [['credentials', 0, 'name'], 'a b'],
    [['routes', 0, 'path'], undefined],
    [['routes', 0, 'path'], 1],
    [['routes', 0, 'methods'], []],
    [['routes', 0, 'methods'], 'GET'],
    [['routes', 0, 'public'], 'yes'],
    [['routes', 0, 'surface'], 'keys'],
    [['routes', 0, 'access'], 'none'],
    [['routes', 0, 'tail'], 'clear'],
    [['routes', 0, 'permission'], 'a b'],
    [['routes', 0, 'permission'], []],
    [['origin'], 'ftp://a.example'],
    [['origin'], { url: 'http://a.example/path' }],
    [['origin'], { url: 'http://a.example', timeoutSeconds: 0 }],
    [['origin'], { url: 'http://a.example', headers: { a: 'value' } }],
    [['origin'], { url: 'http://a.example', headers: { 'a b': { secret: 'A' } } }],
    [['origin'], { zone: false }],
    [['refusals'], 'html'],
    [['refusals'], { missing: 403 }],
    [['refusals'], { dialect: 'strapi', missing: 404 }],
    [['addresses'], { allow: [] }],
    [['addresses'], ['10.0.0.0/8']],
    [['proxies'], { addresses: [] }],
    [['proxies'], { dialect: 'caddy' }],
    [['cors'], { origins: ['https://a.example/'] }],
    [['transport'], 'http'],
    [['paths'], 'loose'],
    [['preflight'], 'allow'],
    [['secretsSeconds'], 0],
    [['secretsSeconds'], '30'],
    [['staleSeconds'], -1],
    [['revocation'], { withinSeconds: 0 }],
    [['log'], { sample: 2 }],
    [['log'], { address: 'hashed' }],
    [['realm'], 'a"b'],
    [['base'], 'gate'],
  ]

  it.each(wrong)('refuses %j: %j, and so does validate', (path, value) => {
    const document = changed(DOCUMENT, path, value)
    expect({ schema: isBySchema(document), program: isByProgram(document) }).toEqual({ schema: false, program: false })
  })

  it.each([[], ['a text'], [1], [null], [[]]].map(([value]) => [value]))('refuses %j for a document', (value) => {
    expect({ schema: isBySchema(value), program: isByProgram(value) }).toEqual({ schema: false, program: false })
  })

  it.each([true, 17, null, 'a b', {}, []])('agrees with validate on %j at any place', (value) => {
    const leaves = leavesOf(EVERYTHING).filter((path) => path[0] !== '$schema')
    const disagreements = leaves.filter((path) => {
      const document = changed(EVERYTHING, path, value)
      return isBySchema(document) && !isByProgram(document) && !isRuleOnly(path)
    })
    expect(disagreements).toEqual([])
  })
})

/** Places of which no JSON Schema can say what stands there: paths, names of credentials, addresses, sums. */
function isRuleOnly([key, , member]: PathInDocument): boolean {
  return (
    key === 'addresses' ||
    key === 'proxies' ||
    key === 'revocation' ||
    key === 'keys' ||
    (key === 'apis' && member === 'resultTtlSeconds') ||
    (key === 'routes' && (member === 'path' || member === 'credentials'))
  )
}
