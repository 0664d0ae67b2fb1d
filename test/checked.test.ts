import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stamp, stampedDocument } from '../src/checked.ts'
import { DOCUMENT } from './given/authority.ts'
import { changed, EVERYTHING, leavesOf } from './given/documents.ts'

describe('stampedDocument', () => {
  it.each([
    ['a small document', DOCUMENT],
    ['a document with every key', EVERYTHING],
  ])('knows %s that was stamped, from its JSON too', (_, document) => {
    expect(stampedDocument(stamp(document))).toBe(document)
    expect(stampedDocument(JSON.parse(JSON.stringify(stamp(document))))).toEqual(document)
  })

  it.each([undefined, null, 'text', 5, [], {}, DOCUMENT, { checked: 'latchkey schema 1' }, { document: DOCUMENT }])(
    'knows nothing of %j',
    (input) => {
      expect(stampedDocument(input)).toBeUndefined()
    },
  )

  it('knows nothing of a document that was changed at any place', () => {
    const leaves = leavesOf(EVERYTHING)
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.string({ minLength: 1 }), (path, value) => {
        const document = changed(EVERYTHING, path, value)
        fc.pre(JSON.stringify(document) !== JSON.stringify(EVERYTHING))
        expect(stampedDocument({ ...stamp(EVERYTHING), document })).toBeUndefined()
      }),
    )
  })

  it('knows nothing of a stamp of another version', () => {
    const { checked, document } = stamp(DOCUMENT)
    expect(stampedDocument({ checked: checked.replace('schema 1', 'schema 0'), document })).toBeUndefined()
  })
})
