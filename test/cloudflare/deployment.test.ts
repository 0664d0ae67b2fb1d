import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { COMPATIBILITY_DATE, runtime } from '../hosts/worker-runtime.ts'
import type { RecordingOrigin } from '../hosts/worker-wire.ts'
import { recordingOrigin } from '../hosts/worker-wire.ts'
import { send, TOKEN } from './given.ts'

const config = unstable_readConfig({ config: 'wrangler.toml' })

describe('wrangler.toml', () => {
  it('opens no second door, keeps no cache before the gate, and asks for no Node', () => {
    expect(config).toMatchObject({ workers_dev: false, preview_urls: false, compatibility_flags: [] })
    expect(config.cache?.enabled).not.toBe(true)
  })

  it('has the date that the tests run with', () => {
    expect(config.compatibility_date).toBe(COMPATIBILITY_DATE)
  })

  it('deploys what the build makes, as it is', () => {
    expect(config.main).toMatch(/\/dist\/worker\/index\.js$/)
    expect(config).toMatchObject({ no_bundle: true, rules: [{ type: 'ESModule', globs: ['*.js'] }] })
  })

  it('says which secret has to be there', () => {
    const { credentials } = JSON.parse(readFileSync('latchkey.json', 'utf8'))
    expect(config.secrets?.required).toEqual([credentials[0].tokens.secret])
  })
})

describe('the Worker that the build makes', () => {
  let origin: RecordingOrigin
  let workerd: Runtime

  beforeAll(async () => {
    if (!existsSync('dist/worker/index.js')) throw new Error('build first: npm run build')
    const text = (name: string) => readFileSync(`dist/worker/${name}`, 'utf8')
    const bundle = ['index.js', 'validate.js'].map((name) => ({ name, text: text(name) }))
    origin = await recordingOrigin()
    const bindings = { LATCHKEY_TOKEN: { text: TOKEN }, ORIGIN: { text: origin.url } }
    const document = {
      origin: { binding: 'ORIGIN' },
      credentials: [{ kind: 'static-token', tokens: { secret: 'LATCHKEY_TOKEN' } }],
      routes: [{ path: '/only', public: true }],
    }
    workerd = await runtime([
      { name: 'as built', bundle, bindings },
      { name: 'without the validator', bundle: bundle.slice(0, 1), bindings },
      { name: 'another', bundle, bindings: { ...bindings, LATCHKEY_CONFIG: { text: JSON.stringify(document) } } },
    ])
  })

  afterAll(async () => {
    await workerd.stop()
    await origin.stop()
  })

  const status = async (service: string, path: string, headers: Record<string, string> = {}) =>
    (await send(workerd.portOf(service), path, { headers: { Host: 'localhost', ...headers } })).status

  it.each(['as built', 'without the validator'])('judges by the bundled document, %s', async (service) => {
    expect(await status(service, '/api/orders', { Authorization: 'Bearer no' })).toBe(401)
    expect(await status(service, '/api/orders')).toBe(200)
    expect(await status(service, '/health', { Authorization: '' })).toBe(200)
  })

  it('loads the validator for the document of LATCHKEY_CONFIG', async () => {
    expect([await status('another', '/only'), await status('another', '/api/orders')]).toEqual([200, 403])
  })
})
