import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import type { Runtime } from '../hosts/worker-runtime.ts'
import { COMPATIBILITY_DATE, runtime } from '../hosts/worker-runtime.ts'
import type { RecordingOrigin } from '../hosts/worker-wire.ts'
import { recordingOrigin } from '../hosts/worker-wire.ts'
import { send, TOKEN } from './given.ts'

const config = unstable_readConfig({ config: 'wrangler.toml' })

/** What wrangler reads where some of the sections that are comments are none, and what it complains of. */
function uncommented(...names: readonly string[]): { config: typeof config; complaints: readonly unknown[] } {
  const paragraphs = readFileSync('wrangler.toml', 'utf8').split('\n\n')
  const wanted = (text: string) =>
    names.some((name) => text.startsWith(`# [${name}]`) || text.startsWith(`# [[${name}`))
  expect(paragraphs.filter(wanted)).toHaveLength(names.length)
  const text = paragraphs.map((each) => (wanted(each) ? each.replace(/^# /gm, '') : each)).join('\n\n')
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-wrangler-'))
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  try {
    writeFileSync(join(folder, 'wrangler.toml'), text)
    return { config: unstable_readConfig({ config: join(folder, 'wrangler.toml') }), complaints: warn.mock.calls }
  } finally {
    warn.mockRestore()
    rmSync(folder, { recursive: true })
  }
}

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

  it('has sections for issued keys that wrangler takes as soon as they are no comments', () => {
    const exact = uncommented('d1_databases', 'durable_objects', 'migrations', 'triggers')
    expect(exact.complaints).toEqual([])
    expect(exact.config).toMatchObject({
      d1_databases: [{ binding: 'KEYS', migrations_dir: 'migrations/d1' }],
      durable_objects: { bindings: [{ name: 'LIMITER', class_name: 'LatchkeyCounters' }] },
      migrations: [{ new_sqlite_classes: ['LatchkeyCounters'] }],
      triggers: { crons: [expect.stringMatching(/^\d+ \* \* \* \*$/)] },
    })
    const rough = uncommented('kv_namespaces', 'ratelimits')
    expect(rough.complaints).toEqual([])
    expect(rough.config).toMatchObject({
      kv_namespaces: [{ binding: 'KEYS' }],
      ratelimits: [{ name: 'LIMITER', simple: { limit: 100, period: 60 } }],
    })
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
    const bundle = ['index.js', 'faulty.js', 'validate.js'].map((name) => ({ name, text: text(name) }))
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
