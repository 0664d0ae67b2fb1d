import { describe, expect, it } from 'vitest'
import { VERSION } from '../../src/version.ts'
import { run } from './run.ts'

const COMMANDS = ['serve', 'check', 'explain', 'keys', 'gateway-key', 'whoami', 'pepper', 'token']
/** A command of each that has some below it. */
const GROUPS: Readonly<Record<string, string>> = { keys: 'create', 'gateway-key': 'mint' }

describe('latchkey', () => {
  it.each(['--help', '-h'])('%s tells its commands on stdout', async (flag) => {
    const { code, stdout, stderr } = await run([flag])
    expect([code, stderr]).toEqual([0, ''])
    for (const command of COMMANDS) expect(stdout).toContain(command)
  })

  it.each(['--version', '-v'])('%s tells its version on stdout', async (flag) => {
    expect(await run([flag])).toMatchObject({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
  })

  it('alone tells its commands on stderr, and is not understood', async () => {
    const { code, stdout, stderr } = await run([])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('serve')
  })

  it('does not understand another command', async () => {
    expect(await run(['dance'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: "error no command 'dance'\nsee: latchkey --help\n",
    })
  })

  it.each(['toString', '__proto__', 'constructor'])('has no command %s', async (name) => {
    expect((await run([name])).code).toBe(2)
  })

  it.each(COMMANDS)('%s --help tells its flags or commands on stdout', async (command) => {
    const { code, stdout, stderr } = await run([command, '--help'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`latchkey ${command}`)
    expect(stdout).toContain(GROUPS[command] ?? '--json')
  })

  it.each([
    ['serve', '--prot=80'],
    ['serve', '--config'],
    ['serve', 'somewhere'],
    ['serve', '--port=1', '--port=2'],
    ['check', '--hsot=aws'],
    ['check', '--json=yes'],
    ['explain', '--unknown', 'GET', '/'],
    ['explain', 'GET'],
    ['explain', 'GET', '/', 'more'],
    ['token', '--length=5'],
    ['token', 'more'],
    ['pepper', '--nxet'],
    ['pepper', 'more'],
    ['whoami', '--ulr=https://a.example'],
  ])('%s %s is not understood: 2, and nothing on stdout', async (...args) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^error .+\nsee: latchkey --help\n$/)
  })

  it('is never coloured but on a terminal', async () => {
    const outcomes = await Promise.all([run(['--help'], { FORCE_COLOR: '1' }), run(['dance'], { FORCE_COLOR: '1' })])
    for (const { stdout, stderr } of outcomes) expect(stdout + stderr).not.toContain('\u001b')
  })
})
