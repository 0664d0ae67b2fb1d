import { afterEach, describe, expect, it, vi } from 'vitest'
import { linesOf, tableOf } from '../../src/cli/table.ts'

const stream = (isTTY: boolean) => ({ isTTY }) as NodeJS.WriteStream
const COLUMNS = [
  { head: 'NAME', text: ([name]: readonly string[]) => name ?? '' },
  { head: 'OWNER', text: ([, owner]: readonly string[]) => owner ?? '' },
]

describe('a table', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('has heads and columns on a terminal', () => {
    vi.stubEnv('NO_COLOR', '1')
    const text = tableOf(
      COLUMNS,
      [
        ['billing', 'acme'],
        ['ci', ''],
        ['été', 'x'],
      ],
      stream(true),
    )
    expect(text).toBe(['NAME     OWNER', 'billing  acme', 'ci       -', 'été      x'].join('\n'))
  })

  it('has tabs and no heads elsewhere', () => {
    expect(
      tableOf(
        COLUMNS,
        [
          ['billing', 'acme'],
          ['ci', ''],
        ],
        stream(false),
      ),
    ).toBe('billing\tacme\nci\t-')
  })

  it('lets nothing in a cell break its line or reach the terminal', () => {
    const text = tableOf(COLUMNS, [['a\tb\nc', '\u001b[2J\u202e']], stream(false))
    expect(text).toBe('a\ufffdb\ufffdc\t\ufffd[2J\ufffd')
  })
})

describe('lines of names and values', () => {
  it('leave out what has no value', () => {
    expect(
      linesOf([
        ['id', '1'],
        ['owner', undefined],
        ['name', 'a\nb'],
      ]),
    ).toBe('id    1\nname  a\ufffdb')
  })
})
