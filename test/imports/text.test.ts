import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batchesOf, imported } from './given.ts'

const TOKENS = ['kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e', 'mW2sKd9xQz7rVb4nHc6fLp8tGj3yEa5u']
const ROWS = TOKENS.map((token, place) => ({ name: `key ${place}`, token }))

describe('an export as text', () => {
  test.each([
    ['JSON on one line', JSON.stringify(ROWS)],
    ['JSON on many lines', `\ufeff${JSON.stringify(ROWS, null, 2)}\r\n`],
    ['JSON Lines', ROWS.map((row) => `${JSON.stringify(row)}\n`).join('')],
    ['JSON Lines with CRLF and no end', ROWS.map((row) => JSON.stringify(row)).join('\r\n')],
    ['CSV', `name,token\n${ROWS.map(({ name, token }) => `${name},${token}\n`).join('')}`],
    [
      'CSV with columns in capitals and spaces',
      `Name, Token\r\n${ROWS.map(({ name, token }) => `${name},${token}\r\n`).join('')}`,
    ],
  ])('may be %s', async (_, text) => {
    const { keys, left } = await imported('csv', text)
    expect({ names: keys.map(({ name }) => name), left }).toEqual({ names: ['key 0', 'key 1'], left: [] })
  })

  test('may arrive in pieces of any size', async () => {
    const texts = [
      JSON.stringify(ROWS),
      JSON.stringify(ROWS, null, 2),
      ROWS.map((row) => JSON.stringify(row)).join('\n'),
    ]
    const whole = await imported('csv', texts[0])
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...texts), fc.integer({ min: 1, max: 40 }), async (text, size) => {
        const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
        const batches = await batchesOf('csv', { text: pieces })
        expect(batches.flatMap(({ keys }) => keys)).toEqual(whole.keys)
      }),
    )
  })

  test('as JSON Lines loses only the lines that are none', async () => {
    const { keys, left } = await imported(
      'csv',
      `${JSON.stringify(ROWS[0])}\n{"token": "x\n7\n${JSON.stringify(ROWS[1])}\n`,
    )
    expect(keys).toHaveLength(2)
    expect(left).toEqual([
      { where: 'row 2', why: 'the line is no JSON' },
      { where: 'row 3', why: 'the line is no JSON object' },
    ])
  })

  test('that is broken JSON is refused without a word of it', async () => {
    const refusal = await imported('csv', `[{"token": "${TOKENS[0]}"`).catch((error: Error) => error)
    expect(String(refusal)).toBe('ImportUnreadable: the export begins as JSON, and is none')
  })
})

describe('a long import', () => {
  async function* lines(count: number): AsyncGenerator<string> {
    yield 'name,token\n'
    for (let number = 0; number < count; number++) yield `key ${number},${TOKENS[0]}${number}\n`
  }

  test('comes in batches that count the rows', async () => {
    const batches = await batchesOf('csv', { text: lines(600) })
    expect(batches.map(({ read, keys }) => [read, keys.length])).toEqual([
      [256, 256],
      [512, 256],
      [600, 88],
      [600, 0],
    ])
    expect(batches.map(({ entry }) => entry !== undefined)).toEqual([false, false, false, true])
  })

  test('is read no further than it is asked for', async () => {
    let read = 0
    async function* counted(): AsyncGenerator<string> {
      for await (const line of lines(100_000)) {
        read++
        yield line
      }
    }
    const { importing } = await import('../../src/imports/index.ts')
    for await (const { keys } of importing('csv', { text: counted() }, { at: 0 })) {
      expect(keys).toHaveLength(256)
      break
    }
    expect(read).toBeLessThan(300)
  })
})
