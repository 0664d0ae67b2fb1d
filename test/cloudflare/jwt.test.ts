import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Document } from '../../src/document.ts'
import { NOW } from '../given/access.ts'
import type { Issuer } from '../given/issuer.ts'
import { startIssuer } from '../given/issuer.ts'
import { keySet, mint } from '../given/jwt.ts'
import type { Bundle, Runtime } from '../hosts/worker-runtime.ts'
import { bundle, runtime } from '../hosts/worker-runtime.ts'
import type { TestOrigin } from './given.ts'
import { send, testOrigin } from './given.ts'

const BUILT = 'dist/worker-jwt'

const documentOf = (issuer: string): Document => ({
  origin: { binding: 'ORIGIN' },
  transport: 'any',
  credentials: [
    { kind: 'static-token', name: 'probe', tokens: { secret: 'PROBE_TOKEN' } },
    {
      kind: 'jwt',
      name: 'people',
      issuer,
      audience: 'orders',
      algorithms: ['ES256'],
      keys: { discover: true },
      permissionsClaim: 'scope',
    },
  ],
  routes: [{ path: '/orders', permission: 'orders.read' }],
})

const builtModules = (): Bundle =>
  ['index.js', 'reading-by-fetch.js', 'own-tokens.js', 'faulty.js', 'validate.js'].map((name) => ({
    name,
    text: readFileSync(`${BUILT}/${name}`, 'utf8'),
  }))

let origin: TestOrigin
let issuer: Issuer
let workerd: Runtime

beforeAll(async () => {
  if (!existsSync(`${BUILT}/index.js`)) throw new Error('build first: npm run build')
  origin = await testOrigin()
  issuer = await startIssuer(keySet('ec1'))
  const document = JSON.stringify(documentOf(issuer.url))
  const bindings = { ORIGIN: { text: origin.url }, PROBE_TOKEN: { text: 'a-token-that-only-this-test-knows' } }
  const modules = await bundle(new URL('jwt-entry.ts', import.meta.url))
  const gate = (name: string) => ({ name, bundle: modules, bindings: { ...bindings, DOCUMENT: { text: document } } })
  workerd = await runtime([
    gate('one'),
    gate('two'),
    { name: 'as built', bundle: builtModules(), bindings: { ...bindings, LATCHKEY_CONFIG: { text: document } } },
  ])
})

afterAll(async () => {
  await workerd.stop()
  await origin.stop()
  await issuer.stop().catch(() => undefined)
})

async function status(service: string, token: string, at: number): Promise<number> {
  const headers = { Host: 'localhost', Authorization: `Bearer ${token}`, 'x-test-at': String(at) }
  return (await send(workerd.portOf(service), '/orders', { headers })).status
}

const token = (by: 'ec1' | 'ec2', sub = 'user-1') => mint({ by, claims: { iss: issuer.url, sub, exp: NOW + 86_400 } })

describe('in workerd', () => {
  test('all first requests share one fetch, and a request that ends takes it from nobody', async () => {
    const users = Array.from({ length: 20 }, (_, place) => `user-${place}`)
    const answers = await Promise.all(users.map((sub) => status('one', token('ec1', sub), NOW)))
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(issuer.asked).toEqual(['/.well-known/openid-configuration', '/jwks.json'])
  })

  test('keys are rotated, by one fetch in half a minute', async () => {
    issuer.asked.length = 0
    issuer.keys = keySet('ec1', 'ec2')
    expect(await status('one', token('ec2'), NOW + 29)).toBe(401)
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, place) => status('one', token('ec2', `${place}`), NOW + 30)),
    )
    expect(new Set(answers)).toEqual(new Set([200]))
    expect(issuer.asked).toEqual(['/jwks.json'])
  })

  test('keys are fetched anew in the background, after the reply', async () => {
    issuer.asked.length = 0
    expect(await status('one', token('ec1'), NOW + 330)).toBe(200)
    await vi.waitFor(() => expect(issuer.asked).toEqual(['/jwks.json']))
    expect(await status('one', token('ec1'), NOW + 900)).toBe(200)
  })

  test('while the issuer is down known keys count for their time, and then nobody passes', async () => {
    await status('two', token('ec1'), NOW)
    await issuer.stop()
    expect(await status('two', token('ec1'), NOW + 600)).toBe(200)
    expect(await status('two', mint({ by: 'stranger', claims: { iss: issuer.url } }), NOW + 601)).toBe(503)
    expect(await status('two', token('ec1'), NOW + 900)).toBe(503)
    await issuer.start()
    expect(await status('two', token('ec1'), NOW + 905)).toBe(200)
  })
})

test('the Worker that the build makes reads keys by the file beside it', async () => {
  const now = Math.floor(Date.now() / 1000)
  const genuine = mint({ at: now, claims: { iss: issuer.url } })
  const forged = mint({ at: now, by: 'stranger', header: { kid: 'ec1' }, claims: { iss: issuer.url } })
  expect(await status('as built', genuine, 0)).toBe(200)
  expect(await status('as built', forged, 0)).toBe(401)
})
