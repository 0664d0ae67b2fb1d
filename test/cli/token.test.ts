import { describe, expect, it } from 'vitest'
import { weaknessOf } from '../../src/readings.ts'
import { run } from './run.ts'

describe('latchkey token', () => {
  it('prints 32 random bytes on stdout, and nothing else', async () => {
    const { code, stdout, stderr } = await run(['token'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^[A-Za-z0-9_-]{43}\n$/)
    expect(weaknessOf(stdout.trim())).toBeUndefined()
  })

  it('prints another one each time', async () => {
    const [one, other] = await Promise.all([run(['token']), run(['token'])])
    expect(one.stdout).not.toBe(other.stdout)
  })

  it('prints JSON where it is asked to', async () => {
    const { stdout } = await run(['token', '--json'])
    expect(JSON.parse(stdout)).toEqual({ token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) })
  })
})
