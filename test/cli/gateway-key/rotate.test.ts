import { describe, expect, test } from 'vitest'
import { documentOf, gatewayKey } from './given.ts'

interface Told {
  readonly gatewayId: string
  readonly credential: string
  readonly steps: readonly { readonly what: string; readonly commands: readonly string[] }[]
}

async function steps(args: readonly string[]): Promise<Told> {
  return JSON.parse((await gatewayKey(['rotate', ...args, '--json'])).stdout) as Told
}

describe('latchkey gateway-key rotate', () => {
  test('tells which key is used and which is made anew, in an order that refuses nobody', async () => {
    const config = documentOf()
    const told = await steps(['--config', config])
    expect(told).toMatchObject({ gatewayId: 'gw1', credential: 'gateway-key' })
    expect(told.steps.map(({ what }) => what)).toEqual([
      'give the gateway a token that the secondary key (GW1_SECONDARY) has signed',
      'wait until no allowed request has "keyId":"gw1" with "slot":0 in the events',
      'make the primary key anew, and set it as GW1_PRIMARY everywhere; what the old one has signed ends within 330 s',
      'give the gateway a token that the new primary key has signed',
      'wait until no allowed request has "keyId":"gw1" with "slot":1 in the events',
      'make the secondary key anew, and set it as GW1_SECONDARY everywhere',
    ])
    expect(told.steps[0]?.commands[0]).toBe(
      `latchkey gateway-key mint --config ${config} --id gw1 --secondary --as kubernetes | kubectl apply -f -`,
    )
    expect(told.steps[2]?.commands).toEqual(['latchkey gateway-key new --primary'])
    expect(told.steps[3]?.commands[0]).not.toContain('--secondary')
  })

  test('begins with a secondary key where the document names none', async () => {
    const told = await steps(['--config', documentOf({ gw1: { primary: { secret: 'WEST' } } })])
    expect(told.steps).toHaveLength(7)
    expect(told.steps[0]).toEqual({
      what: 'make a secondary key, set it as GW1_SECONDARY everywhere, and deploy the document with it: "secondary": { "secret": "GW1_SECONDARY" }',
      commands: ['latchkey gateway-key new --secondary'],
    })
  })

  test('counts the slots of lists', async () => {
    const primary = [{ secret: 'A' }, { secret: 'B' }]
    const told = await steps(['--config', documentOf({ gw1: { primary, secondary: { secret: 'C' } } })])
    const waits = told.steps.map(({ what }) => what).filter((what) => what.startsWith('wait'))
    expect(waits.map((what) => /"slot":(.*) in/.exec(what)?.[1])).toEqual(['0 or 1', '2'])
  })

  test('reads for people as a list', async () => {
    const { code, stdout, stderr } = await gatewayKey(['rotate', '--config', documentOf()])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(
      /^new keys for gateway gw1 of credential gateway-key; nothing is refused meanwhile:\n {2}1\. give/,
    )
    expect(stdout).toContain('       kubectl rollout restart deployment/GATEWAY\n')
  })

  test('writes commands that a shell takes for what they are', async () => {
    const id = "a'~(b)"
    const told = await steps(['--config', documentOf({ [id]: { primary: { secret: 'A' } } })])
    expect(told.steps[1]?.commands[0]).toContain(`--id 'a'\\''~(b)' --secondary`)
  })

  test('asks which gateway, where there are several', async () => {
    const gateways = { gw1: { primary: { secret: 'A' } }, gw2: { primary: { secret: 'B' } } }
    const { code, stderr } = await gatewayKey(['rotate', '--config', documentOf(gateways)])
    expect([code, stderr]).toEqual([
      2,
      'error name the gateway: --id gw1, or one of gw2\nsee: latchkey gateway-key rotate --help\n',
    ])
    expect((await steps(['--config', documentOf(gateways), '--id', 'gw2'])).gatewayId).toBe('gw2')
  })

  test('needs a document, and one with gateways', async () => {
    expect(await gatewayKey(['rotate'])).toMatchObject({ code: 2, stdout: '' })
    const tokens = JSON.stringify({
      credentials: [{ kind: 'static-token', tokens: { secret: 'A' } }],
      routes: [{ path: '/*' }],
    })
    const none = await gatewayKey(['rotate'], { LATCHKEY_CONFIG: tokens })
    expect(none).toMatchObject({ code: 1, stdout: '' })
    expect(none.stderr).toContain('the document has no gateway')
  })
})
