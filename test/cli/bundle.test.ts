import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { unzipSync } from 'fflate'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildParts } from '../../scripts/aws-parts.ts'
import { stampedDocument } from '../../src/checked.ts'
import { zipped } from '../../src/cli/bundle.ts'
import type { LambdaParts } from '../../src/cli/lambda-parts.ts'
import { lambdaFiles, partsFolder, withDocument } from '../../src/cli/lambda-parts.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Document } from '../../src/document.ts'
import { drawKey, formatKey } from '../../src/keys/format.ts'
import * as admin from '../aws/admin/events.ts'
import { httpEvent, restEvent } from '../aws/events.ts'
import { startIssuer } from '../given/issuer.ts'
import { keySet, mint } from '../given/jwt.ts'
import type { DynamodbTables } from '../hosts/dynamodb-tables.ts'
import { dynamodbTables } from '../hosts/dynamodb-tables.ts'
import { fileOf, folder, run } from './run.ts'

/** The parts as they are now, whatever was built before. */
const PARTS = mkdtempSync(join(tmpdir(), 'latchkey-parts-'))
const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'

type Credentials = Document['credentials']

const STATIC: Credentials[number] = { kind: 'static-token', tokens: { secret: 'T' }, type: 'full-access' }
const FIRST: Credentials[number] = { ...STATIC, name: 'first', surface: 'keys' }
const KEYS: Credentials[number] = { kind: 'api-key', peppers: [{ version: 1, secret: 'PEPPER' }] }
const GATEWAY: Credentials[number] = {
  kind: 'gateway-key',
  gateways: { gw1: { primary: { secret: 'GATEWAY' } } },
  type: 'full-access',
}

function jwtOf(issuer: string): Credentials[number] {
  return {
    kind: 'jwt',
    issuer,
    audience: 'orders',
    algorithms: ['ES256'],
    keys: { jwksUrl: `${issuer}/jwks.json` },
    permissionsClaim: 'scope',
  }
}

function documentOf(...credentials: Credentials): Document {
  const isKept = credentials.includes(KEYS)
  return {
    credentials,
    routes: [{ path: '/orders', permission: 'orders.read' }],
    ...(isKept && { store: { binding: 'KEYS', kind: 'dynamodb' } }),
  }
}

let manifest: LambdaParts

beforeAll(async () => {
  manifest = await buildParts(PARTS)
})

afterAll(() => rmSync(PARTS, { recursive: true, force: true }))

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** What Lambda does: the files in a folder, and a fresh process that imports the handler. */
async function invoke(
  document: Document,
  handler: 'authorizer' | 'admin',
  events: readonly unknown[],
  variables: Readonly<Record<string, string>>,
  missing: readonly string[] = [],
): Promise<{ answers: unknown[]; loaded: string[]; builtin: string[]; logged: string }> {
  const at = folder()
  for (const [name, bytes] of Object.entries(unzipSync(await zipped(lambdaFiles(PARTS, handler, document))))) {
    if (!missing.includes(name)) writeFileSync(join(at, name), bytes)
  }
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load(url, context, next) { if (url.startsWith('file:')) loaded.push(url.split('/').pop()); return next(url, context) } })
    let logged = ''
    console.log = (line) => { logged += line }
    process.on('unhandledRejection', (error) => { logged += 'unhandled: ' + error })
    const before = new Set(process.moduleLoadList)
    const { handler } = await import(process.argv[1])
    const answers = []
    for (const event of JSON.parse(process.argv[2])) {
      answers.push(await handler(event).catch((error) => ({ thrown: error.message })))
      // A function is frozen between its calls, and goes on at the next one.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const builtin = process.moduleLoadList.filter((name) => !before.has(name))
    process.stdout.write(JSON.stringify({ answers, loaded, builtin, logged }))
    process.exit()
  `
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', script, join(at, `${handler}.mjs`), JSON.stringify(events)],
    { cwd: at, env: { ...variables } },
  )
  return JSON.parse(stdout)
}

describe('the parts of Lambda functions', () => {
  it('are there for every set of kinds', () => {
    const sets = manifest.parts.filter(({ handler }) => handler === 'authorizer').map(({ kinds }) => kinds.join())
    expect(new Set(sets).size).toBe(8)
    for (const { handler } of manifest.parts) expect(['authorizer', 'admin']).toContain(handler)
  })

  it('import nothing but the document and what stands beside them, and tell of no machine', () => {
    for (const { file, needs } of manifest.parts) {
      for (const name of [file, ...needs]) {
        const code = readFileSync(join(PARTS, name), 'utf8')
        const imported = Array.from(code.matchAll(/\b(?:from|import\()["'`]\.\/([\w.-]+)["'`]/g), ([, each]) => each)
        const others = imported.filter((each) => !needs.includes(each as string))
        expect(others.filter((each) => each !== 'document.mjs' && each !== 'validate.mjs')).toEqual([])
        expect(code.includes(process.cwd()), name).toBe(false)
      }
    }
  })

  it('that are not there, or old, are told with what to do', () => {
    const empty = folder()
    expect(() => partsFolder([empty])).toThrow(/no parts of a Lambda function here: run `npm run build`/)
    writeFileSync(join(empty, 'parts.json'), JSON.stringify({ ...manifest, version: '0.0.1' }))
    expect(() => partsFolder([empty])).toThrow(/are old: run `npm run build`/)
    writeFileSync(join(empty, 'parts.json'), JSON.stringify({ ...manifest, parts: manifest.parts.slice(0, 1) }))
    expect(() =>
      lambdaFiles(partsFolder([empty]), 'authorizer', documentOf(KEYS, jwtOf('https://id.example'))),
    ).toThrow(/no part here verifies api-key, jwt/)
    expect(() => lambdaFiles(empty, 'authorizer', documentOf(STATIC))).toThrow(/authorizer.mjs is missing/)
  })
})

const JOSE = /\bJOSEError\b|ERR_JOSE/
const AWS4 = /AWS4-HMAC-SHA256/

describe('a bundle', () => {
  const filesFor = (handler: 'authorizer' | 'admin', ...credentials: Credentials) => {
    const files = lambdaFiles(PARTS, handler, documentOf(...credentials))
    return Object.fromEntries(Array.from(files, ([name, bytes]) => [name, Buffer.from(bytes).toString()]))
  }

  it('holds the handler, with the stamped document in it, and what the handler may load', () => {
    const { $schema: _, ...document } = { $schema: './x', ...documentOf(STATIC) }
    const files = filesFor('authorizer', STATIC)
    const [part] = manifest.parts.filter(({ handler, kinds }) => handler === 'authorizer' && kinds.length === 0)
    expect(Object.keys(files)).toEqual(['authorizer.mjs', ...(part?.needs ?? [])].sort())
    const [, text = ''] = /const [\w$]+=(\{"checked".*?\}\});/.exec(files['authorizer.mjs'] as string) ?? []
    expect(stampedDocument(JSON.parse(text))).toEqual(document)
    expect(() => withDocument('export const handler = 1', '{}')).toThrow(TypeError)
  })

  it('holds jose only for tokens of an issuer', () => {
    const holds = (...credentials: Credentials) =>
      JOSE.test(Object.values(filesFor('authorizer', ...credentials)).join())
    expect([holds(STATIC), holds(KEYS), holds(GATEWAY, KEYS), holds(jwtOf('https://id.example'))]).toEqual([
      ...[false, false, false],
      true,
    ])
  })

  it('holds what signs calls to AWS in files beside the handler, and for keys in one of its own', () => {
    const holding = (...credentials: Credentials) =>
      Object.entries(filesFor('authorizer', ...credentials)).flatMap(([name, code]) => (AWS4.test(code) ? [name] : []))
    expect(holding(STATIC)).toEqual(['aws.mjs'])
    expect(holding(GATEWAY, jwtOf('https://id.example'))).toEqual(['aws.mjs'])
    expect(holding(STATIC, KEYS)).toEqual(['aws.mjs', 'dynamodb.mjs'])
  })

  it('has no kind of credential but those of the document', () => {
    const names = (...credentials: Credentials) => filesFor('authorizer', ...credentials)['authorizer.mjs'] as string
    expect(names(STATIC).length).toBeLessThan(names(GATEWAY).length)
    expect(names(KEYS).length).toBeLessThan(names(GATEWAY, KEYS).length)
  })

  it('has the same bytes whatever the time zone, and the order of its files', async () => {
    const files = lambdaFiles(PARTS, 'authorizer', documentOf(KEYS, jwtOf('https://id.example')))
    const [one, two] = [await zipped(files), await zipped(new Map([...files].sort()))]
    const zone = process.env['TZ']
    process.env['TZ'] = 'Pacific/Kiritimati'
    const three = await zipped(files)
    process.env['TZ'] = 'America/Los_Angeles'
    const four = await zipped(files)
    if (zone === undefined) delete process.env['TZ']
    else process.env['TZ'] = zone
    expect([two, three, four].map(sha256)).toEqual(Array(3).fill(sha256(one)))
  })
})

const GET = { method: 'GET', target: '/orders' } as const

describe('a bundle in Lambda', () => {
  let tables: DynamodbTables

  beforeAll(async () => {
    tables = await dynamodbTables(['latchkey'])
  })
  afterAll(() => tables?.stop())

  it('of static tokens decides, from one file', async () => {
    const headers = [['Authorization', `Bearer ${TOKEN}`]] as const
    const events = [httpEvent({ ...GET, headers }), restEvent({ ...GET, headers: [] })]
    const { answers, loaded } = await invoke(documentOf(STATIC), 'authorizer', events, { T: TOKEN })
    expect(answers).toMatchObject([{ isAuthorized: true }, { thrown: 'Unauthorized' }])
    expect(loaded).toEqual(['authorizer.mjs'])
  })

  it('of tokens of an issuer gets its keys', async () => {
    const issuer = await startIssuer(keySet('ec1'))
    try {
      const at = Math.floor(Date.now() / 1000)
      const token = mint({ claims: { iss: issuer.url }, at })
      const headers = [['Authorization', `Bearer ${token}`]] as const
      const document = documentOf(STATIC, jwtOf(issuer.url))
      const events = [
        httpEvent({ ...GET, headers }),
        httpEvent({ ...GET, headers: [['Authorization', `Bearer ${token}x`]] }),
      ]
      const { answers, loaded, builtin } = await invoke(document, 'authorizer', events, { T: TOKEN })
      expect(builtin.filter((name) => name.includes('undici'))).toEqual([])
      expect(answers).toMatchObject([
        { isAuthorized: true, context: { kind: 'jwt' } },
        { isAuthorized: false, context: { reason: 'token-unknown' } },
      ])
      expect(loaded).toEqual(['authorizer.mjs', 'reading-by-http.mjs'])
    } finally {
      await issuer.stop()
    }
  })

  describe('of keys', () => {
    const document = { ...documentOf(FIRST, KEYS), owners: { busy: { limits: [{ requests: 1, windowSeconds: 60 }] } } }
    const variables = () => ({
      ...tables.variables(tables.url),
      ...{ KEYS: 'dynamodb:latchkey', T: TOKEN, PEPPER: 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga' },
    })
    const askedBy = (token: string) => httpEvent({ ...GET, headers: [['Authorization', `Bearer ${token}`]] })

    async function keyOf(owner: string): Promise<string> {
      const headers = [['Authorization', `Bearer ${TOKEN}`] as const, ['Content-Type', 'application/json'] as const]
      const draft = { name: `${owner} ${Math.random()}`, owner, type: 'custom', permissions: ['orders.read'] }
      const sent = { method: 'POST', target: '/_latchkey/keys', headers, body: JSON.stringify(draft) }
      const made = await invoke(document, 'admin', [admin.urlEvent(sent)], variables())
      expect(made.answers).toMatchObject([{ statusCode: 201 }])
      return (JSON.parse((made.answers[0] as { body: string }).body) as { token: string }).token
    }

    const judge = (tokens: readonly string[], ...missing: readonly string[]) =>
      invoke(document, 'authorizer', tokens.map(askedBy), variables(), missing)

    it('judges what one of the administration has made, and loads what asks the table then', async () => {
      const token = await keyOf('acme')
      const { answers, loaded, builtin, logged } = await judge([token, `${token}x`])
      expect(answers).toMatchObject([
        { isAuthorized: true, context: { owner: 'acme' } },
        { isAuthorized: false, context: { reason: 'token-unknown' } },
      ])
      expect(loaded).toEqual(['authorizer.mjs', 'dynamodb.mjs', 'key-recorder.mjs'])
      // Node's HTTP without `fetch`, which an import of it would load.
      expect(builtin).toContain('NativeModule http')
      expect(builtin.filter((name) => name.includes('undici'))).toEqual([])
      expect(logged).not.toContain('unhandled')
    })

    it('loads nothing more for another credential, for a forged key and for none', async () => {
      const other = { version: '1', secret: 'another pepper' }
      const forged = await formatKey('lk', drawKey(randomBytes), other, nodeDigests())
      const { answers, loaded, builtin } = await judge([TOKEN, forged, ''])
      expect(answers).toMatchObject([
        { isAuthorized: false, context: { reason: 'surface-mismatch' } },
        { isAuthorized: false, context: { reason: 'token-unknown' } },
        { isAuthorized: false, context: { reason: 'credential-malformed' } },
      ])
      expect(loaded).toEqual(['authorizer.mjs'])
      expect(builtin.filter((name) => /http|tls|net$|undici/.test(name))).toEqual([])
    })

    it('loads what counts requests for the first key that has limits, and counts it', async () => {
      const [free, busy] = [await keyOf('acme'), await keyOf('busy')]
      expect((await judge([free])).loaded).not.toContain('limits.mjs')
      const { answers, loaded } = await judge([busy, busy])
      expect(answers).toMatchObject([{ isAuthorized: true }, { thrown: 'latchkey: limit-exceeded' }])
      expect(loaded).toContain('limits.mjs')
    })

    it.each<[name: string, missing: string, owner: string, answer: object, told: string]>([
      [
        'what asks the table',
        'dynamodb.mjs',
        'acme',
        { thrown: 'latchkey: dependency-unavailable' },
        'dynamodb: Error ERR_MODULE_NOT_FOUND',
      ],
      [
        'what counts requests',
        'limits.mjs',
        'busy',
        { thrown: 'latchkey: dependency-unavailable' },
        'failed closed: Error ERR_MODULE_NOT_FOUND',
      ],
      [
        'what counts usage',
        'key-recorder.mjs',
        'acme',
        { isAuthorized: true },
        'usage of keys is not counted: Error ERR_MODULE_NOT_FOUND',
      ],
    ])(
      'without the file of %s tells so, and fails closed where it decides',
      async (_, missing, owner, answer, told) => {
        const token = await keyOf(owner)
        const { answers, logged } = await judge([token, token, TOKEN], missing)
        expect(answers).toMatchObject([answer, answer, { context: { reason: 'surface-mismatch' } }])
        expect(logged).toContain(told)
        expect(logged).not.toContain('unhandled')
        expect(logged).not.toContain(token)
      },
    )
  })

  it('of imported keys loads what reads them with its first secrets', async () => {
    const imports = [{ scheme: 'sha256', shape: '^unkey_[A-Za-z0-9]{22,}$' } as const]
    const document = documentOf({ ...KEYS, imports } as Credentials[number], STATIC)
    const stored = { ...document, store: { binding: 'KEYS', kind: 'dynamodb' } as const }
    const variables = { ...tables.variables(tables.url), ...{ KEYS: 'dynamodb:latchkey', T: TOKEN, PEPPER: 'p9Zk' } }
    const shown = ['unkey_3ZfGJ9cQvP5sKx7YtRmWnB2D', TOKEN]
    const events = shown.map((token) => httpEvent({ ...GET, headers: [['Authorization', `Bearer ${token}`]] }))
    const { answers, loaded } = await invoke(stored, 'authorizer', events, variables)
    expect(answers).toMatchObject([
      { isAuthorized: false, context: { reason: 'token-unknown' } },
      { isAuthorized: true },
    ])
    expect(loaded.slice(0, 2)).toEqual(['authorizer.mjs', 'imported-keys.mjs'])
  })

  it('reads no document of its environment, as it has no validator: it fails closed', async () => {
    const events = [httpEvent({ ...GET, headers: [['Authorization', `Bearer ${TOKEN}`]] })]
    const { answers } = await invoke(documentOf(STATIC), 'authorizer', events, { T: TOKEN, LATCHKEY_CONFIG: '{}' })
    expect(answers).toEqual([{ thrown: expect.stringMatching(/validate.mjs|not-configured/) }])
  })
})

describe('latchkey bundle', () => {
  beforeAll(() => {
    if (!existsSync('dist/aws-parts/parts.json')) throw new Error('build first: npm run build')
  })

  const bundle = (document: unknown, ...args: readonly string[]) =>
    run(['bundle', '--host', 'aws', '--config', fileOf(document), ...args])

  it('writes the same bytes each time, and tells what they are', async () => {
    const [one, two] = [join(folder(), 'one.zip'), join(folder(), 'two.zip')]
    const first = await bundle(documentOf(KEYS), '--out', one, '--json')
    const second = await bundle(documentOf(KEYS), '--out', two, '--json')
    expect([first.code, first.stderr, second.code]).toEqual([0, '', 0])
    const zip = readFileSync(one)
    expect(readFileSync(two).equals(zip)).toBe(true)
    const files = Object.entries(unzipSync(zip)).map(([name, { length }]) => ({ name, bytes: length }))
    expect(JSON.parse(first.stdout)).toEqual({
      ok: true,
      path: one,
      handler: 'authorizer.handler',
      bytes: zip.length,
      sha256: sha256(zip),
      codeSha256: createHash('sha256').update(zip).digest('base64'),
      files,
    })
  })

  it('says so to people, and takes the administration in its place', async () => {
    const path = join(folder(), 'admin.zip')
    const { code, stdout, stderr } = await bundle(documentOf(KEYS), '--admin', '--out', path)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain(`admin.zip: ${readFileSync(path).length} bytes, handler admin.handler\n  admin.mjs `)
    expect(stdout).toContain(`sha256 ${sha256(readFileSync(path))}\n`)
    expect(Object.keys(unzipSync(readFileSync(path)))).toContain('manage.mjs')
  })

  it('tells the faults of a document as check does, and writes nothing', async () => {
    const limited = { ...STATIC, limits: [{ requests: 10, windowSeconds: 60 }] }
    const documents = [
      { ...documentOf(STATIC), routes: [] },
      { ...documentOf(limited as Credentials[number]), store: { binding: 'KEYS', kind: 'global-config' } },
    ]
    for (const document of documents) {
      const path = join(folder(), 'none.zip')
      const checked = await run(['check', '--host', 'aws', '--config', fileOf(document)])
      const { code, stderr, stdout } = await bundle(document, '--out', path)
      expect([code, stdout, stderr]).toEqual([1, '', checked.stderr])
      expect(checked.code).toBe(1)
      expect(existsSync(path)).toBe(false)
    }
  })

  it.each([
    ['no host', ['--config', 'x.json'], '--host takes aws'],
    ['another host', ['--host', 'vercel', '--config', 'x.json'], '--host takes aws'],
    ['no document', ['--host', 'aws'], 'name the document'],
    ['a document that is not there', ['--host', 'aws', '--config', 'no.json'], 'no such file'],
    ['a flag that is none', ['--host', 'aws', '--minify'], "Unknown option '--minify'"],
  ])('is not understood with %s', async (_, args, message) => {
    const { code, stderr } = await run(['bundle', ...args])
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('says where it cannot write', async () => {
    const path = join(folder(), 'no', 'such', 'folder.zip')
    const { code, stderr } = await bundle(documentOf(STATIC), '--out', path)
    expect([code, stderr]).toEqual([1, expect.stringContaining('cannot be written: ENOENT')])
  })
})
