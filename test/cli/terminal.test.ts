import { afterEach, describe, expect, it, vi } from 'vitest'
import { paint } from '../../src/cli/terminal.ts'

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
