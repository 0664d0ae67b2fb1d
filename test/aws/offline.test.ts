import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Offline } from './offline.ts'
import { offline, send } from './offline.ts'

/**
 * Real HTTP through an emulator of API Gateway, with the top-level serverless.yml and the bundle that the build made. The
 * emulator is not AWS: it answers 401 to anything thrown (AWS: 401 to "Unauthorized" only, else 500), words no Gateway
 * Responses, has no result cache, keeps header case and the last of repeated fields in payload 2.0, and names the
 * resource's template where AWS names the path. What differs is tested by events that follow AWS's documents.
 */
const TOKEN = randomBytes(32).toString('base64url')

const bearer = (token: string) => [['Authorization', `Bearer ${token}`]] as const

describe('serverless offline', () => {
  let gateway: Offline

  beforeAll(async () => {
    gateway = await offline({ LATCHKEY_TOKEN: TOKEN })
  }, 60_000)

  afterAll(async () => {
    await gateway?.stop()
  })

  async function authorizerOf(path: string, fields: readonly (readonly [string, string])[], method = 'GET') {
    const { status, body } = await send(gateway.port, method, path, fields)
    expect({ status, body }).toMatchObject({ status: 200 })
    const { authorizer } = JSON.parse(body) as { authorizer: Record<string, unknown> & { lambda?: object } }
    return authorizer.lambda ?? authorizer
  }

  const kinds: [kind: string, path: string, refused: number][] = [
    ['REST, REQUEST', '/api/orders', 401],
    ['REST, TOKEN', '/token/orders', 401],
    ['HTTP, simple', '/simple/orders', 403],
    ['HTTP, policies', '/iam/orders', 403],
  ]

  describe.each(kinds)('%s', (_, path, refused) => {
    test('lets the token of the environment pass, and tells the function who called', async () => {
      expect(await authorizerOf(path, bearer(TOKEN))).toMatchObject({
        subject: 'default',
        owner: '',
        kind: 'static-token',
        type: 'full-access',
        name: 'default',
        permissions: '',
        expires: '',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        reason: '',
      })
    })

    test.each<[name: string, fields: readonly (readonly [string, string])[]]>([
      ['no token', []],
      ['another token', bearer(`${TOKEN}x`)],
      ['a token cut short', bearer(TOKEN.slice(0, -1))],
      ['another scheme', [['Authorization', `Basic ${TOKEN}`]]],
      ['the token in another field', [['X-Api-Key', TOKEN]]],
      ['the token joined with another', [['Authorization', `Bearer ${TOKEN}, Bearer x`]]],
    ])('refuses %s', async (_name, fields) => {
      const { status, body } = await send(gateway.port, 'GET', path, fields)
      expect(status).toBe(refused)
      expect(body).not.toContain(TOKEN)
    })

    test('tells the function what was proved, whatever fields the client made up', async () => {
      const fields = [...bearer(TOKEN), ['X-Latchkey-Subject', 'root'], ['x_latchkey_type', 'root']] as const
      expect(JSON.stringify(await authorizerOf(path, fields))).not.toContain('root')
    })
  })

  test('refuses two tokens where the event shows both', async () => {
    const { status } = await send(gateway.port, 'GET', '/api/orders', [...bearer(TOKEN), ...bearer('other')])
    expect(status).toBe(401)
  })

  test('judges the method and the path parameter of the request', async () => {
    expect(await authorizerOf('/api/orders', bearer(TOKEN), 'POST')).toMatchObject({ subject: 'default' })
  })

  test.each([
    ['without a token', []],
    ['with a token that is not known', bearer('nobody')],
  ] as const)('lets anybody reach a public route, as nobody: %s', async (_, fields) => {
    expect(await authorizerOf('/health', fields)).toMatchObject({ principalId: 'anonymous', subject: '', kind: '' })
  })

  test('logs one decision a request, and never a token', () => {
    const decisions = gateway.output().match(/\{"type":"decision".*\}/g) ?? []
    expect(decisions.length).toBeGreaterThan(kinds.length)
    expect(new Set(decisions.map((line) => JSON.parse(line).requestId)).size).toBe(decisions.length)
    expect(gateway.output()).not.toContain(TOKEN)
  })
})
