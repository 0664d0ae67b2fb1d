import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, paint, plain } from '../../src/cli/terminal.ts'

const terminal = (isTTY: boolean) => ({ isTTY }) as NodeJS.WriteStream

describe('paint', () => {
  afterEach(() => {
    vi.unstubAllEnvs()
  })

  it('colours text for a terminal, wherever the other output goes', () => {
    vi.stubEnv('NO_COLOR', '')
    expect(paint('red', 'text', terminal(true))).toBe('\u001b[31mtext\u001b[39m')
  })

  it('colours nothing for a pipe or a file', () => {
    vi.stubEnv('FORCE_COLOR', '1')
    expect(paint('red', 'text', terminal(false))).toBe('text')
  })

  it('colours nothing where NO_COLOR is set', () => {
    vi.stubEnv('NO_COLOR', '1')
    expect(paint('red', 'text', terminal(true))).toBe('text')
  })
})

describe('plain', () => {
  it.each([
    ['a name', 'a name'],
    ['Ünïcode 漢字', 'Ünïcode 漢字'],
    ['a\nb\tc', 'a\ufffdb\ufffdc'],
    ['\u001b[31mred\u009b0m', '\ufffd[31mred\ufffd0m'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
  ])('shows %j as %j', (text, shown) => {
    expect(plain(text)).toBe(shown)
  })
})

describe('ask', () => {
  it('has no answer where nobody is there', async () => {
    const { isTTY } = process.stdin
    process.stdin.isTTY = false
    expect(await ask('delete?')).toBeUndefined()
    process.stdin.isTTY = isTTY
  })
})
