import { expect, test } from 'vitest'
import type { Document } from '../../src/document.ts'
import { validate } from '../../src/validate.ts'
import { changed } from '../given/documents.ts'
import { documentWith, EDDSA, HS256 } from './given.ts'

/** The faults of a document, as `pointer: message`. */
function faultsOf(document: unknown): string[] {
  const result = validate(document as Document)
  return result.ok ? [] : result.faults.map(({ pointer, message }) => `${pointer}: ${message}`)
}

const OTHERS = 'secrets that nothing else of the document names'
const URL_RULE = 'a URL such as "http://127.0.0.1:9000", with no path, query or user'

test.each<[string, object]>([
  ['EdDSA', EDDSA],
  ['HS256', HS256],
  ['an origin on this machine', { ...EDDSA, publicOrigin: 'http://127.0.0.1:8787' }],
  ['claims', { ...EDDSA, claims: ['email', 'org.id'] }],
])('takes %s', (_, identity) => {
  expect(faultsOf(changed(documentWith(EDDSA), ['identity'], identity))).toEqual([])
})

test.each<[string, readonly (string | number)[], unknown, readonly string[]]>([
  [
    'an empty audience',
    ['identity', 'audience'],
    '',
    ['/identity/audience: what the origin is called, such as "orders-origin"'],
  ],
  ['an origin without scheme', ['identity', 'publicOrigin'], 'api.example', [`/identity/publicOrigin: ${URL_RULE}`]],
  [
    'an origin with a path',
    ['identity', 'publicOrigin'],
    'https://api.example/v1',
    [`/identity/publicOrigin: ${URL_RULE}`],
  ],
  [
    'an algorithm that nobody signs by',
    ['identity', 'algorithm'],
    'none',
    ['/identity/algorithm: one of "EdDSA", "HS256"'],
  ],
  ['a key that is a credential', ['identity', 'keys'], { secret: 'FULL' }, [`/identity/keys: ${OTHERS}`]],
  ['a next key that is a credential', ['identity', 'next'], { secret: 'CUSTOM' }, [`/identity/next: ${OTHERS}`]],
  [
    'a next key that is shared',
    ['identity'],
    { ...HS256, next: { secret: 'N' } },
    ['/identity/next: nothing: a shared secret is not published'],
  ],
])('finds fault with %s', (_, path, value, expected) => {
  expect(faultsOf(changed(documentWith(EDDSA), path, value))).toEqual(expected)
})

test('finds fault with a key that signs access tokens, or verifies them', () => {
  const issuing = { issuer: 'https://api.example', keys: { secret: 'SIGNING' }, next: { secret: 'CURRENT' } }
  const keys = { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }
  const jwt = { kind: 'jwt', issuer: null, audience: null, algorithms: ['HS256'], keys: { secret: 'NEXT' } }
  const document = { ...documentWith(EDDSA), store: { binding: 'KEYS' }, issuing, credentials: [keys, jwt] }
  expect(faultsOf(document)).toEqual([`/identity/keys: ${OTHERS}`, `/identity/next: ${OTHERS}`])
})
