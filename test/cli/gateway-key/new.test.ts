import { describe, expect, test } from 'vitest'
import { secretName } from '../../../src/cli/gateway-key/new.ts'
import { faultOf, weaknessOf } from '../../../src/readings.ts'
import { run } from '../run.ts'
import { documentOf, gatewayKey } from './given.ts'

const KEY = '[A-Za-z0-9+/]{86}=='

describe('latchkey gateway-key new', () => {
  test('makes two keys of 64 random bytes, as lines of an env file', async () => {
    const { code, stdout, stderr } = await run(['gateway-key', 'new'])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(new RegExp(`^GATEWAY_PRIMARY=(${KEY})\nGATEWAY_SECONDARY=(?!\\1)(${KEY})\n$`))
  })

  test('makes other ones each time', async () => {
    const [one, other] = [await gatewayKey(['new']), await gatewayKey(['new'])]
    expect(one.stdout).not.toBe(other.stdout)
  })

  test.each(['primary', 'secondary'])('makes only the %s key, alone on stdout', async (which) => {
    const { stdout, stderr } = await gatewayKey(['new', '--id', 'gw1', `--${which}`])
    expect(stdout).toMatch(new RegExp(`^${KEY}\n$`))
    expect(stderr).toBe(`the new ${which} key: set it as GW1_${which.toUpperCase()}\n`)
    expect([faultOf(stdout.trim(), 'token'), weaknessOf(stdout.trim())]).toEqual([undefined, undefined])
  })

  test('calls them what the document does', async () => {
    const config = documentOf({ gw1: { primary: { secret: 'WEST' }, secondary: [{ secret: 'WEST_2' }] } })
    const { stdout } = await gatewayKey(['new', '--id', 'gw1', '--config', config])
    expect(stdout).toMatch(/^WEST=.*\nWEST_2=.*\n$/)
  })

  test('prints JSON where it is asked to', async () => {
    const { stdout } = await gatewayKey(['new', '--json'])
    const key = expect.stringMatching(new RegExp(`^${KEY}$`))
    expect(JSON.parse(stdout)).toEqual({ primary: key, secondary: key })
  })

  test.each([[['--primary', '--secondary']], [['--id', 'managed']], [['more']]])(
    'does not understand %j',
    async (flags) => {
      expect(await gatewayKey(['new', ...flags])).toMatchObject({ code: 2, stdout: '' })
    },
  )

  test.each([
    ['gw1', 'GW1_PRIMARY'],
    ['west.eu-1', 'WEST_EU_1_PRIMARY'],
    ['1st', '_1ST_PRIMARY'],
    ['~', '__PRIMARY'],
    ['g'.repeat(80), `${'G'.repeat(50)}_PRIMARY`],
  ])('of gateway %s makes a name that a secret can have: %s', (id, name) => {
    expect(secretName(id, 'primary')).toBe(name)
    expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)
  })
})
