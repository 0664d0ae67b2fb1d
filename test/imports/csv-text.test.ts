import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvRecords } from '../../src/imports/csv-text.ts'

async function records(...pieces: string[]) {
  const all: (readonly string[] | 'broken')[] = []
  for await (const record of csvRecords(pieces)) all.push(record)
  return all
}

/** Writes a record as RFC 4180 says, every field in quotes. */
function quoted(record: readonly string[]): string {
  return record.map((field) => `"${field.replaceAll('"', '""')}"`).join(',')
}

describe('CSV', () => {
  test.each([
    [
      'CRLF and LF',
      'a,b\r\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'empty fields',
      ',a,\n,,\n',
      [
        ['', 'a', ''],
        ['', '', ''],
      ],
    ],
    ['empty lines', 'a\n\n\r\nb\n', [['a'], ['b']]],
    ['a quoted empty field', '""\n', [['']]],
    ['quotes, commas and line ends in quotes', '"a ""b"", c","d\r\ne"\n', [['a "b", c', 'd\r\ne']]],
    ['spaces, which belong to a field', ' a , b \n', [[' a ', ' b ']]],
    ['a byte order mark', '\ufeffa,b\n', [['a', 'b']]],
    ['CR alone', 'a\rb\r', [['a'], ['b']]],
  ])('may have %s', async (_, text, expected) => {
    expect(await records(text)).toEqual(expected)
  })

  test.each([
    ['a quote inside a field', 'a,b"c\nd\n', ['broken']],
    ['text behind a quoted field', 'x\n"a"b\n', [['x'], 'broken']],
    ['a quote that is never closed', 'x\n"a\nb\n', [['x'], 'broken']],
  ])('is broken by %s', async (_, text, expected) => {
    expect(await records(text)).toEqual(expected)
  })

  const field = fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\r', '\n', ' ', 'é', '\u{1f511}') })
  const table = fc.array(fc.array(field, { minLength: 1, maxLength: 4 }), { maxLength: 5 })

  test('that was written is read again, however it is cut in pieces', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom('\n', '\r\n'), fc.integer({ min: 1, max: 7 }), async (all, end, size) => {
        const text = all.map((record) => quoted(record) + end).join('')
        const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, place) =>
          text.slice(place * size, (place + 1) * size),
        )
        expect(await records(...pieces)).toEqual(all)
      }),
    )
  })
})
