import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { GATEWAY, PRIMARY, SECONDARY } from '../../given/gateway.ts'
import { fileOf, folder } from '../run.ts'
import { documentOf, gatewayKey, VARIABLES } from './given.ts'

/** Within 30 days of the end that the vectors have. */
const NOW = Date.parse('2029-12-20T12:00:30Z')
const END = ['--expires', '2030-01-02T03:04:00Z']

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW })
})
afterEach(() => {
  vi.useRealTimers()
})

function mint(args: readonly string[], variables: Readonly<Record<string, string>> = VARIABLES) {
  return gatewayKey(['mint', ...args], variables)
}

describe('a token', () => {
  test.each([
    ['the primary key', [], GATEWAY.primaryRoundTrip],
    ['the secondary key', ['--secondary'], GATEWAY.secondaryRoundTrip],
    ['the compact form', ['--form', 'compact'], GATEWAY.primaryCompact],
  ])('of %s is what another program makes of it', async (_, flags, token) => {
    const { code, stdout } = await mint(['--id', 'gw1', '--config', documentOf(), ...END, ...flags])
    expect([code, stdout]).toEqual([0, `${token}\n`])
  })

  test('is signed by the key of a file, of which one newline is dropped', async () => {
    const file = fileOf(`${PRIMARY}\n`, 'key')
    const { stdout, stderr } = await mint(['--id', 'gw1', '--key-file', file, ...END], {})
    expect(stdout).toBe(`${GATEWAY.primaryRoundTrip}\n`)
    expect(stderr).toContain(`signed by ${file}`)
  })

  test('is signed without a document by the key of LATCHKEY_GATEWAY_KEY', async () => {
    const { stdout } = await mint(['--id', 'gw1', ...END], { LATCHKEY_GATEWAY_KEY: PRIMARY })
    expect(stdout).toBe(`${GATEWAY.primaryRoundTrip}\n`)
  })

  test('is signed by a mounted file before a variable', async () => {
    const secrets = folder()
    writeFileSync(join(secrets, 'GW1_PRIMARY'), PRIMARY)
    const flags = ['--id', 'gw1', '--config', documentOf(), '--secrets', secrets, ...END]
    expect((await mint(flags, { GW1_PRIMARY: 'a-key-that-is-not-asked' })).stdout).toBe(`${GATEWAY.primaryRoundTrip}\n`)
  })

  test('is signed by the newest slot that still counts', async () => {
    const primary = [{ secret: 'OVER', until: '2029-01-01T00:00:00Z' }, { secret: 'UNSET' }, { secret: 'GW1_PRIMARY' }]
    const config = documentOf({ gw1: { primary } })
    const { stdout } = await mint(['--id', 'gw1', '--config', config, ...END], { ...VARIABLES, OVER: SECONDARY })
    expect(stdout).toBe(`${GATEWAY.primaryRoundTrip}\n`)
  })

  test('is signed in the form that the document takes', async () => {
    const config = documentOf(undefined, { stringToSign: 'compact' })
    expect((await mint(['--id', 'gw1', '--config', config, ...END])).stdout).toBe(`${GATEWAY.primaryCompact}\n`)
    const other = await mint(['--id', 'gw1', '--config', config, '--form', 'round-trip', ...END])
    expect(other).toMatchObject({ code: 1, stdout: '' })
    expect(other.stderr).toContain('credential gateway-key takes the compact form only')
  })

  test('is told with its end, and with what signed it, on stderr alone', async () => {
    const { stderr } = await mint(['--id', 'gw1', '--config', documentOf(), '--secondary', ...END])
    expect(stderr).toBe(
      'a token of gateway gw1 until 2030-01-02 03:04 UTC, signed by GW1_SECONDARY, told only now:\n' +
        'it is sent as: Authorization: GatewayKey TOKEN\n',
    )
  })

  test('is told as JSON where that is asked for', async () => {
    const { stdout } = await mint(['--id', 'gw1', '--config', documentOf(), '--json', ...END])
    expect(JSON.parse(stdout)).toEqual({
      token: GATEWAY.primaryRoundTrip,
      gatewayId: 'gw1',
      expiresAt: '2030-01-02T03:04:00Z',
    })
  })
})

describe('its end', () => {
  test.each([
    ['30 days from now, where none is given', [], '203001191200'],
    ['so long from now', ['--expires', '12h'], '202912210000'],
    ['a date', ['--expires', '2030-01-10'], '203001100000'],
    ['a time with another zone', ['--expires', '2030-01-10T01:30:59+02:00'], '203001092330'],
    ['as far ahead as is asked for with --long', ['--expires', '365d', '--long'], '203012201200'],
  ])('is %s, without its seconds', async (_, flags, expiry) => {
    const { stdout } = await mint(['--id', 'gw1', '--config', documentOf(), ...flags])
    expect(stdout.split('&')[1]).toBe(expiry)
  })

  test.each([
    ['never', 'every gateway token ends'],
    ['31d', 'more than 30 days ahead'],
    ['2030-01-20', 'more than 30 days ahead'],
    ['2029-12-20T12:00:59Z', 'is over, or less than a minute ahead'],
    ['20s', 'is over, or less than a minute ahead'],
    ['2020-01-01', 'is over'],
    ['30', 'takes a duration with its unit'],
    ['2030-02-30', 'takes a duration with its unit'],
  ])('is not %s', async (end, why) => {
    const { code, stdout, stderr } = await mint(['--id', 'gw1', '--config', documentOf(), '--expires', end])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(why)
  })

  test('is in a year of four digits', async () => {
    const outcome = await mint(['--id', 'gw1', '--config', documentOf(), '--long', '--expires', '999999999w'])
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('what a gateway is configured by', () => {
  const authorization = `GatewayKey ${GATEWAY.primaryRoundTrip}`

  test('is a line of its env.conf', async () => {
    const { stdout } = await mint(['--id', 'gw1', '--config', documentOf(), '--as', 'env', ...END])
    expect(stdout).toBe(`config.service.auth=${authorization}\n`)
  })

  test('is a Secret of Kubernetes whose text nobody encodes', async () => {
    const { stdout } = await mint(['--id', 'gw1', '--config', documentOf(), '--as', 'kubernetes', ...END])
    expect(stdout).toBe(
      [
        'apiVersion: "v1"',
        'kind: "Secret"',
        'metadata:',
        '  name: "gw1-token"',
        '  annotations:',
        '    "latchkey.dev/expires": "2030-01-02T03:04:00Z"',
        'type: "Opaque"',
        'stringData:',
        `  value: "${authorization}"`,
        '',
      ].join('\n'),
    )
  })

  test('is a Secret by the names of the Helm chart, and as JSON', async () => {
    const names = ['--secret-name', 'apim-gateway', '--secret-key', 'gateway-key', '--namespace', 'apim']
    const flags = ['--id', 'gw1', '--config', documentOf(), '--as', 'kubernetes', ...names, ...END]
    expect((await mint(flags)).stdout).toContain(`\n  "gateway-key": "${authorization}"\n`)
    expect(JSON.parse((await mint([...flags, '--json'])).stdout)).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: 'apim-gateway',
        namespace: 'apim',
        annotations: { 'latchkey.dev/expires': '2030-01-02T03:04:00Z' },
      },
      type: 'Opaque',
      stringData: { 'gateway-key': authorization },
    })
  })

  test.each([
    ['GW_West.1', 'gw-west.1-token'],
    ['~a~', 'a-token'],
  ])('is a Secret called after the gateway %s: %s', async (id, name) => {
    const config = documentOf({ [id]: { primary: { secret: 'GW1_PRIMARY' } } })
    const { stdout } = await mint(['--id', id, '--config', config, '--as', 'kubernetes'])
    expect(stdout).toContain(`\n  name: "${name}"\n`)
  })

  test.each([
    ['a name that Kubernetes takes not', ['--as', 'kubernetes', '--secret-name', 'GW1']],
    ['a key that Kubernetes takes not', ['--as', 'kubernetes', '--secret-key', 'a b']],
    ['a namespace that Kubernetes takes not', ['--as', 'kubernetes', '--namespace', 'a.b']],
    ['the name of a Secret for something else', ['--secret-name', 'gw1']],
    ['JSON of a line', ['--as', 'env', '--json']],
    ['another shape', ['--as', 'yaml']],
    ['another form', ['--form', 'iso']],
  ])('is not understood with %s', async (_, flags) => {
    const outcome = await mint(['--id', 'gw1', '--config', documentOf(), ...flags])
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('what is missing or wrong', () => {
  test.each([
    ['no id', [], 2, 'name the gateway'],
    ["the id of Azure's own gateway", ['--id', 'managed'], 2, '--id takes'],
    ['an id with "&"', ['--id', 'a&b'], 2, '--id takes'],
    ['--secondary without a document', ['--id', 'gw1', '--secondary'], 2, '--secondary is about the two keys'],
    ['a file that is not there', ['--id', 'gw1', '--key-file', PRIMARY], 2, '--key-file names a file'],
    ['no key at all', ['--id', 'gw1'], 1, 'LATCHKEY_GATEWAY_KEY is not set here'],
  ])('is told: %s', async (_, flags, code, why) => {
    const outcome = await mint(flags, {})
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toContain(why)
    expect(outcome.stderr).not.toContain(PRIMARY)
  })

  test('is told of a document: a gateway that it has not, and a key that it does not name', async () => {
    const config = documentOf({ gw1: { primary: { secret: 'GW1_PRIMARY' } }, gw2: { primary: { secret: 'GW2' } } })
    const other = await mint(['--id', 'gw9', '--config', config])
    expect(other).toMatchObject({ code: 1, stderr: 'error the document has no gateway gw9; it has gw1, gw2\n' })
    const unset = await mint(['--id', 'gw2', '--config', config])
    expect(unset).toMatchObject({ code: 1, stderr: 'error GW2 is not set here\n' })
    const unnamed = await mint(['--id', 'gw1', '--config', config, '--secondary'])
    expect(unnamed.stderr).toBe('error the document names no secondary key of gateway gw1 that counts\n')
  })

  test('is told of a key: one that base64 has wrapped, one that is empty, one that is short', async () => {
    const wrapped = fileOf(`${PRIMARY.slice(0, 76)}\n${PRIMARY.slice(76)}\n`, 'key')
    const outcome = await mint(['--id', 'gw1', '--key-file', wrapped], {})
    expect(outcome).toMatchObject({ code: 1, stdout: '' })
    expect(outcome.stderr).toContain('base64 without -w0 breaks lines')
    expect(outcome.stderr).not.toContain(PRIMARY.slice(0, 20))
    expect(await mint(['--id', 'gw1', '--key-file', fileOf('\n', 'key')], {})).toMatchObject({ code: 1, stdout: '' })
    const weak = await mint(['--id', 'gw1'], { LATCHKEY_GATEWAY_KEY: 'short' })
    expect(weak).toMatchObject({ code: 0 })
    expect(weak.stderr).toContain('has fewer than 16 characters; make one with: latchkey gateway-key new')
  })
})
