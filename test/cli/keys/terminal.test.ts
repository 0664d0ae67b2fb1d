import { execFile } from 'node:child_process'
import { hash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { fileOf, folder, run } from '../run.ts'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** Runs a command at a terminal of its own (script(1) of util-linux), where somebody types an answer. */
function atTerminal(
  args: readonly string[],
  answer: string,
): Promise<{ readonly code: number; readonly screen: string }> {
  const command = [process.execPath, '--', MAIN, ...args].map((word) => `'${word}'`).join(' ')
  const env = { PATH: process.env['PATH'], NO_COLOR: '1', TERM: 'xterm' }
  return new Promise((resolve) => {
    const child = execFile('script', ['-qec', command, '/dev/null'], { env }, (error, stdout) => {
      resolve({ code: Number(error?.code ?? 0), screen: stdout })
    })
    child.stdin?.write(answer)
  })
}

async function withKeys(...names: readonly string[]): Promise<readonly string[]> {
  const store = ['--store', `sqlite:${join(folder(), 'keys.db')}`]
  for (const name of names) expect((await run(['keys', 'create', '--name', name, ...store])).code).toBe(0)
  return store
}

describe('a pipe', () => {
  it('may be closed by whoever reads it', async () => {
    const store = await withKeys('billing', 'ci')
    const script = `"$@" | head -c 1 >/dev/null; echo "\${PIPESTATUS[0]}"`
    const command = [process.execPath, '--', MAIN, 'keys', 'export', ...store]
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, 'bash', ...command])
    expect([['0', '1'].includes(stdout.trim()), stderr]).toEqual([true, ''])
  })
})

describe('at a terminal', () => {
  it('keys are a table with heads', async () => {
    const store = await withKeys('billing', 'ci')
    const { code, screen } = await atTerminal(['keys', 'list', ...store], '')
    const [heads, ...rows] = screen.trim().split('\r\n')
    expect([code, heads?.split(/ +/)]).toEqual([
      0,
      ['ID', 'NAME', 'OWNER', 'TYPE', 'SURFACE', 'STATE', 'EXPIRES', 'USED'],
    ])
    expect(rows.map((row) => row.slice(19, 26))).toEqual(['billing', 'ci     '])
  })

  it.each([
    ['ci\n', 0, /deleted ci/, 0],
    ['no\n', 1, /nothing was deleted/, 1],
    ['\n', 1, /nothing was deleted/, 1],
  ])('delete asks for the name: %j', async (answer, expected, said, left) => {
    const store = await withKeys('ci')
    const { code, screen } = await atTerminal(['keys', 'delete', 'ci', ...store], answer)
    expect(screen).toMatch(/delete ci \([0-9A-Za-z]{17}\), and all that is known of it\? type its name:/)
    expect([code, screen]).toEqual([expected, expect.stringMatching(said)])
    expect(JSON.parse((await run(['keys', 'list', '--json', ...store])).stdout)).toHaveLength(left)
  })

  it('a long import draws a bar, and wipes it away', async () => {
    const store = await withKeys()
    const rows = Array.from({ length: 40 }, (_, n) => `key ${n},${hash('sha256', `${n}`)},read-only`)
    const file = fileOf(`name,token,type\n${rows.join('\n')}\n`, 'many.csv')
    const { code, screen } = await atTerminal(['keys', 'import', '--from', 'csv', '--file', file, ...store], '')
    expect(code).toBe(0)
    expect(screen).toMatch(/\rimporting \[#{15}-{15}\] {2}50 % of 40/)
    expect(screen).toMatch(/\r\u001b\[Kimported 40, there already 0, left 0\r\n/)
  })
})
