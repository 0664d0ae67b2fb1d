import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running, ServeOptions } from '../../adapters/node/index.ts'
import { env, file, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document } from '../../src/document.ts'
import type { Answer, Sent } from '../send.ts'
import { send } from '../send.ts'

const HERE = fileURLToPath(new URL('.', import.meta.url))
const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const CONFIG = join(HERE, 'latchkey.json')
const DOCUMENT = JSON.parse(readFileSync(CONFIG, 'utf8')) as Document
const PROBES = ['/status-0123456789abcdef', '/internal-status-0123456789abcdef']
const KEYS = {
  GW1_PRIMARY: 'H0jYv2mEw1bq8pQd3sR6uK9xT4zL7nB5cG1fA8hJ2kM6oP3rS9tV4wX7yZ0aD5eF2gI8lN1qU6vC3jB9mE4kR7==',
  GW1_SECONDARY: 'T7rQ4wE1yU8iO5pA2sD9fG6hJ3kL0zX7cV4bN1mQ8wE5rT2yU9iO6pA3sD0fG7hJ4kL1zX8cV5bN2mQ9wE6rT3==',
}

const execute = promisify(execFile)
let folder: string
let service: Server
let url: string
let arrived: { readonly line: string; readonly headers: Readonly<Record<string, unknown>> }[] = []
const gates: Running[] = []

beforeAll(async () => {
  service = createServer((request, response) => {
    arrived.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    response.end('ok')
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
})

afterAll(() => void service.close())

beforeEach(() => {
  arrived = []
  folder = mkdtempSync(join(tmpdir(), 'latchkey-apim-'))
})

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close(0)))
  rmSync(folder, { recursive: true, force: true })
})

async function gate(options: ServeOptions = {}): Promise<Running> {
  const running = await serve({
    document: DOCUMENT,
    origin: url,
    port: 0,
    secrets: env(KEYS),
    sink: memorySink(),
    ...options,
  })
  gates.push(running)
  return running
}

async function run(command: string, args: readonly string[], variables: Readonly<Record<string, string>> = KEYS) {
  const { stdout } = await execute(command, args, { env: { PATH: process.env['PATH'] ?? '', ...variables } })
  return stdout
}

/** What `latchkey gateway-key mint` prints. */
function mint(...flags: readonly string[]): Promise<string> {
  return run(process.execPath, [MAIN, 'gateway-key', 'mint', '--config', CONFIG, '--id', 'gw1', ...flags])
}

function call(to: Running, path: string, authorization?: string, sent: Sent = {}): Promise<Answer> {
  return send(to.url + path, {
    ...sent,
    headers: authorization === undefined ? [] : [['Authorization', authorization]],
  })
}

describe('the probes, to which nobody sends a token', () => {
  it.each(PROBES)('passes GET and HEAD %s without a token', async (path) => {
    const running = await gate()
    expect(await call(running, path)).toMatchObject({ status: 200, body: 'ok' })
    expect((await call(running, path, undefined, { method: 'HEAD' })).status).toBe(200)
  })

  it.each(
    PROBES.flatMap((path) => [
      ['POST', path],
      ['GET', `${path}/`],
      ['GET', `${path}0`],
      ['GET', `/x${path}`],
      ['GET', path.toUpperCase()],
      ['GET', `/config?${path}`],
    ]),
  )('does not exempt %s %s', async (method, path) => {
    const answer = await call(await gate(), path, undefined, { method })
    expect([400, 401]).toContain(answer.status)
    expect(arrived).toEqual([])
  })
})

describe('a token', () => {
  it('passes, is removed, and leaves the gateway’s id', async () => {
    const token = (await mint()).trim()
    expect((await call(await gate(), '/config', `GatewayKey ${token}`)).status).toBe(200)
    const { line, headers } = arrived[0] ?? {}
    expect(line).toBe('GET /config')
    expect(headers?.['authorization']).toBeUndefined()
    expect(headers).toMatchObject({ 'x-latchkey-subject': 'gw1', 'x-latchkey-kind': 'gateway-key' })
    expect(JSON.stringify(arrived)).not.toContain(token)
  })

  it('may write, as the document says', async () => {
    const token = (await mint()).trim()
    expect((await call(await gate(), '/heartbeat', `GatewayKey ${token}`, { method: 'POST' })).status).toBe(200)
  })

  it('is demanded by name', async () => {
    const answer = await call(await gate(), '/config')
    expect(answer).toMatchObject({ status: 401, reason: 'credential-missing' })
    expect(answer.headers['www-authenticate']).toBe('GatewayKey realm="gateway"')
  })

  it('that has ended fails clearly, and is told once', async () => {
    const token = (await mint('--expires', '12h')).trim()
    const sink = memorySink()
    const running = await gate({ sink, now: () => Date.now() / 1000 + 86_400 })
    for (let time = 0; time < 2; time++) {
      const answer = await call(running, '/config', `GatewayKey ${token}`)
      expect(answer).toMatchObject({ status: 401, reason: 'token-expired' })
    }
    const told = sink.events.filter(({ type }) => type === 'gateway-token-expired')
    expect(told).toMatchObject([{ gatewayId: 'gw1', slot: 0 }])
    expect(arrived).toEqual([])
  })
})

/** A command that writes down what it was called with and what it read, and answers with a text. */
function stub(name: string, answer = ''): void {
  const path = join(folder, name)
  const script = `#!/bin/sh\nprintf '%s\\n' "$*" >> '${folder}/${name}.calls'\ncase "$*" in *-f*|*stdin*) cat >> '${folder}/${name}.read';; esac\nprintf '%s' '${answer}'\n`
  writeFileSync(path, script)
  chmodSync(path, 0o755)
}

function written(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

function renew(script: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const path = `${folder}:${process.env['PATH'] ?? ''}`
  const latchkey = `${process.execPath} ${MAIN}`
  return run(join(HERE, script), args, { ...KEYS, PATH: path, CONFIG, LATCHKEY: latchkey, ...variables })
}

describe('renew.sh', () => {
  it.each([
    ['value', {}],
    ['gateway-key', { SECRET_KEY: 'gateway-key' }],
  ])('puts what passes the gate into a Secret, under %s', async (key, variables) => {
    stub('kubectl')
    await renew('renew.sh', ['gw1'], variables)
    expect(written('kubectl.calls')).toBe('apply -f -\nrollout restart deployment/gw1\n')
    const [, found = ''] =
      new RegExp(`^stringData:\n {2}"?${key}"?: "(GatewayKey [^"]+)"$`, 'm').exec(written('kubectl.read')) ?? []
    expect((await call(await gate(), '/config', found)).status).toBe(200)
  })

  it('signs by the secondary key where it is told to', async () => {
    stub('kubectl')
    const sink = memorySink()
    await renew('renew.sh', ['gw1', '--secondary'])
    const [found = ''] = /GatewayKey [^"]+/.exec(written('kubectl.read')) ?? []
    expect((await call(await gate({ sink }), '/config', found)).status).toBe(200)
    expect(sink.events).toMatchObject([{ type: 'decision', keyId: 'gw1', slot: 1 }])
  })

  it('changes nothing where there is no key', async () => {
    stub('kubectl')
    await expect(renew('renew.sh', ['gw1'], { GW1_PRIMARY: '' })).rejects.toThrow('GW1_PRIMARY is not set here')
    expect(() => written('kubectl.calls')).toThrow('ENOENT')
  })
})

describe('renew-azure.sh', () => {
  it.each(['value', 'gateway-key'])('patches the Secret by base64 on one line, under %s', async (key) => {
    const token = (await mint()).trim()
    stub('az', token)
    stub('kubectl')
    await renew('renew-azure.sh', ['gw1'], { GATEWAYS: 'https://management.example/gateways', SECRET_KEY: key })
    expect(written('az.calls')).toContain('--uri https://management.example/gateways/gw1/generateToken?api-version=')
    expect(written('az.calls')).toMatch(/--body \{"keyType":"primary","expiry":"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:00Z"\}/)
    expect(written('kubectl.calls')).toBe(
      'patch secret gw1-token --type merge --patch-file /dev/stdin\nrollout restart deployment/gw1\n',
    )
    const { data } = JSON.parse(written('kubectl.read')) as { data: Record<string, string> }
    const authorization = Buffer.from(data[key] ?? '', 'base64').toString()
    expect(authorization).toBe(`GatewayKey ${token}`)
    expect((await call(await gate(), '/config', authorization)).status).toBe(200)
  })

  it('needs -w0: by itself base64 breaks the line, and the patch is no JSON', async () => {
    const script = `printf '{"data":{"value":"%s"}}' "$(printf 'GatewayKey %s' "$TOKEN" | base64)"`
    const patch = await run('/bin/sh', ['-c', script], { TOKEN: (await mint()).trim() })
    expect(patch.split('\n').length).toBeGreaterThan(1)
    expect(() => JSON.parse(patch)).toThrow(SyntaxError)
  })
})

describe('new keys, in the order that `latchkey gateway-key rotate` tells', () => {
  it('refuse no gateway on the way, and end what the old key has signed', async () => {
    let now = Date.now() / 1000
    const secrets = { ...KEYS }
    const write = () => {
      for (const [name, key] of Object.entries(secrets)) writeFileSync(join(folder, name), `${key}\n`)
    }
    write()
    const running = await gate({ now: () => now, secrets: file(folder, env({})) })
    const statusOf = async (token: string) => (await call(running, '/config', `GatewayKey ${token}`)).status
    const signed = async (...flags: readonly string[]) => (await mint('--secrets', folder, ...flags)).trim()

    const first = await signed()
    expect(await statusOf(first)).toBe(200)
    const second = await signed('--secondary')
    expect(await statusOf(second)).toBe(200)

    secrets.GW1_PRIMARY = (await run(process.execPath, [MAIN, 'gateway-key', 'new', '--primary'])).trim()
    write()
    now += 30
    expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200])
    const third = await signed()
    expect(await statusOf(third)).toBe(200)

    secrets.GW1_SECONDARY = (await run(process.execPath, [MAIN, 'gateway-key', 'new', '--secondary'])).trim()
    write()
    now += 30
    expect([await statusOf(second), await statusOf(third)]).toEqual([401, 200])
  })
})
