import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pack } from '../scripts/pack.ts'
import { VERSION } from '../src/version.ts'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const folder = mkdtempSync(join(tmpdir(), 'latchkey-package-'))
let tarball = ''

/** A Node of the oldest line that is supported, where the machine has one; else the one that runs the tests. */
const node = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path)) ?? process.execPath

function run(command: string, args: readonly string[], cwd = folder): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

beforeAll(() => {
  if (!existsSync('dist/cli.mjs')) throw new Error('build first: npm run build')
  tarball = pack()
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody", "private": true, "type": "module" }')
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball])
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the published package', () => {
  it('carries none of the repository: no scripts, no tools, no Node', () => {
    const published = JSON.parse(readFileSync(join(folder, 'node_modules/latchkey/package.json'), 'utf8'))
    expect(Object.keys(published)).not.toEqual(expect.arrayContaining(['private']))
    expect(published).toMatchObject({ name: 'latchkey', version: VERSION, license: 'MIT' })
    expect(published.scripts ?? published.devDependencies ?? published.optionalDependencies).toBeUndefined()
  })

  it('is the only tarball where it lies, as the Dockerfile unpacks all of them', () => {
    const stage = join(folder, 'stage')
    mkdirSync(stage)
    writeFileSync(join(stage, 'latchkey-0.0.1.tgz'), 'of a version before')
    expect(pack(stage)).toBe(join(stage, `latchkey-${VERSION}.tgz`))
    expect(readdirSync(stage).filter((name) => name.endsWith('.tgz'))).toEqual([`latchkey-${VERSION}.tgz`])
  })

  it('has the version that the command line prints', () => {
    expect(manifest.version).toBe(VERSION)
    expect(run(node, ['node_modules/latchkey/dist/cli.mjs', '--version']).trim()).toBe(VERSION)
  })

  it('is found flawless by publint and by are-the-types-wrong', () => {
    const bin = (name: string) => join(process.cwd(), 'node_modules/.bin', name)
    expect(run(bin('publint'), ['run', tarball, '--strict'], process.cwd())).toContain('All good')
    run(bin('attw'), [tarball, '--profile', 'esm-only'], process.cwd())
  }, 120_000)

  it.each([
    ['latchkey', 'defineConfig'],
    ['latchkey/hono', 'latchkey'],
    ['latchkey/cloudflare', 'worker'],
    ['latchkey/aws', 'authorizer'],
    ['latchkey/aws/admin', 'admin'],
    ['latchkey/aws/guard', 'guard'],
    ['latchkey/vercel', 'middleware'],
    ['latchkey/vercel', 'guard'],
    ['latchkey/vercel/app', 'app'],
    ['latchkey/next', 'latchkey'],
    ['latchkey/identity', 'requireIdentity'],
    ['latchkey/node', 'serve'],
  ])('%s exports %s', (entry, name) => {
    const code = `import { ${name} } from '${entry}'; console.log(typeof ${name})`
    expect(run(node, ['--input-type=module', '--eval', code]).trim()).toBe('function')
  })

  it('needs grpc-js for gRPC alone, and says so', () => {
    const code = "import { grpcGate } from 'latchkey/grpc'; console.log(typeof grpcGate)"
    const args = ['node_modules/latchkey/dist/cli.mjs', 'serve', '--port', '0', '--grpc', '0']
    expect(() => run(node, args)).toThrow('--grpc needs @grpc/grpc-js: npm install @grpc/grpc-js')
    const peer = `@grpc/grpc-js@${manifest.devDependencies['@grpc/grpc-js']}`
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', peer])
    expect(run(node, ['--input-type=module', '--eval', code]).trim()).toBe('function')
  }, 60_000)

  it('bundles a Lambda function, with the same bytes on every Node', () => {
    const document = { credentials: [{ kind: 'static-token', tokens: { secret: 'T' } }], routes: [{ path: '/*' }] }
    writeFileSync(join(folder, 'document.json'), JSON.stringify(document))
    const args = 'node_modules/latchkey/dist/cli.mjs bundle --host aws --config document.json --json'.split(' ')
    const [one, two] = [node, process.execPath].map((path) => JSON.parse(run(path, args)) as { sha256: string })
    expect(one).toMatchObject({ ok: true, path: 'authorizer.zip', sha256: two?.sha256 })
    expect(existsSync(join(folder, 'authorizer.zip'))).toBe(true)
  })

  it('serves, refuses and passes from an empty folder', async () => {
    const gate = spawn(node, ['node_modules/.bin/latchkey', 'serve', '--port', '0'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      const said = await new Promise<string>((resolve, reject) => {
        let text = ''
        gate.stderr.on('data', (chunk) => {
          text += chunk
          if (text.includes('/hello')) resolve(text)
        })
        gate.on('exit', () => reject(new Error(text)))
      })
      const url = /curl .* (http:\S+)/.exec(said)?.[1] as string
      const token = /TOKEN=(\S+)/.exec(said)?.[1] as string
      expect((await fetch(url)).status).toBe(401)
      const passed = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
      expect(passed.status).toBe(200)
      const echo = (await passed.json()) as { headers: Record<string, string> }
      expect(echo.headers['x-latchkey-name']).toBe('default')
      expect(echo.headers['authorization']).toBeUndefined()
    } finally {
      gate.kill()
    }
  }, 30_000)
})
