import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Running } from '../../adapters/node/index.ts'
import { env, memorySink, serve } from '../../adapters/node/index.ts'
import type { Document, RouteDocument } from '../../src/document.ts'
import { importing, reportOf } from '../../src/imports/index.ts'
import type { Asked, Got } from './ask.ts'
import { ask } from './ask.ts'
import { routesOf } from './routes.ts'
import type { Rows, StandIn } from './stand-in.ts'
import { standIn } from './stand-in.ts'

/** A request, what Strapi answered to it, and what each gate did: its body only where that was not Strapi's. */
interface Captured extends Asked {
  readonly strapi: Got
  readonly strict: Partial<Got>
  readonly compat: Partial<Got>
  readonly forward: Partial<Got>
}

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const EXPORT = fileURLToPath(new URL('fixtures/rows.json', import.meta.url))
const ROWS = fixture<Rows & Record<string, readonly Record<string, string | number | null>[]>>('rows.json')
const KEYS = fixture<{ salt: string; encryptionKey: string; tokens: Record<string, string> }>('keys.json')
const CAPTURED = fixture<Captured[]>('answers.json')
const DOCUMENTS = {
  strict: documentAt('latchkey.json'),
  compat: documentAt('latchkey.compat.json'),
  forward: documentAt('latchkey.forward.json'),
}
/** The gate's own token, which Strapi knows and nobody else has. */
const OWN = 'ce'.repeat(128)

const folder = mkdtempSync(join(tmpdir(), 'latchkey-strapi-'))
const variables = {
  KEYS: `sqlite:${join(folder, 'keys.db')}`,
  LATCHKEY_PEPPER: 'p9Zk2mVx7Qr4Tn8Ws1Yb6Hd3Lf5Jc0Ga',
  API_TOKEN_SALT: KEYS.salt,
  STRAPI_AUTHORIZATION: `Bearer ${OWN}`,
}
let tokens: Record<string, string>
let origin: StandIn
let article: string
const gates: Running[] = []

beforeAll(async () => {
  origin = await standIn(ROWS, KEYS.salt, OWN)
  taken(EXPORT, '--expired')
  origin.forget('replaced')
  const issued = latchkey('keys', 'create', '--name', 'issued', '--type', 'full-access')
  tokens = { ...KEYS.tokens, unknown: 'ab'.repeat(128), issued }
})

afterAll(() => {
  origin.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(() => {
  article = origin.reset()
  origin.arrived.length = 0
})

afterEach(async () => {
  await Promise.all(gates.splice(0).map((gate) => gate.close(0)))
})

function fixture<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8')) as Content
}

function documentAt(name: string): Document {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Document
}

/** Runs a command by the strict document, and gives what it printed. */
function latchkey(...args: string[]): string {
  const config = fileURLToPath(new URL('latchkey.json', import.meta.url))
  const run = spawnSync(process.execPath, [MAIN, ...args, '--config', config], { env: variables, encoding: 'utf8' })
  if (run.stdout === '') throw new Error(`latchkey ${args.join(' ')}: ${run.status} ${run.stderr}`)
  return run.stdout.trim()
}

/** Imports a file, and gives the report. */
function taken(file: string, ...flags: string[]): object {
  return JSON.parse(latchkey('keys', 'import', '--from', 'strapi', '--file', file, '--json', ...flags))
}

async function gate(document: Document): Promise<Running> {
  const there = typeof document.origin === 'string' ? origin.url : { ...document.origin, url: origin.url }
  const served = { ...document, origin: there }
  const running = await serve({ document: served, port: 0, secrets: env(variables), variables, sink: memorySink() })
  gates.push(running)
  return running
}

function list(authorization: string): Asked {
  return { says: '', method: 'GET', path: '/api/articles', authorization: [authorization] }
}

function withRoute(document: Document, path: string, change: Partial<RouteDocument>): Document {
  const routes = document.routes.map((route) => (route.path === path ? { ...route, ...change } : route))
  return { ...document, routes }
}

describe('the stand-in', () => {
  it.each(CAPTURED)('answers $method $path as Strapi did: $says', async (captured) => {
    expect(await ask(origin.url, captured, article, tokens)).toEqual(captured.strapi)
  })
})

describe.each(['strict', 'compat', 'forward'] as const)('the %s document', (column) => {
  it.each(CAPTURED)('answers $method $path as it did before a real Strapi: $says', async (captured) => {
    const running = await gate(DOCUMENTS[column])
    const got = await ask(running.url, captured, article, tokens)
    expect(got).toEqual({ ...captured.strapi, ...captured[column] })
  })
})

describe('what Strapi sees', () => {
  const listed = list('Bearer {reader}')

  it.each(['strict', 'compat'] as const)(
    'by the %s document the gate’s own token, and never a caller’s',
    async (name) => {
      const running = await gate(DOCUMENTS[name])
      expect(await ask(running.url, listed, article, tokens)).toMatchObject({ status: 200 })
      expect(origin.arrived).toEqual([`Bearer ${OWN}`])
    },
  )

  it('by the forward document the caller’s token, and never the gate’s', async () => {
    const running = await gate(DOCUMENTS.forward)
    expect(await ask(running.url, listed, article, tokens)).toMatchObject({ status: 200 })
    expect(origin.arrived).toEqual([`Bearer ${tokens['reader']}`])
  })

  it('is the gate’s own token from anybody, where a public route stands beside it', async () => {
    const running = await gate(withRoute(DOCUMENTS.strict, '/graphql', { public: true }))
    const body = { query: 'mutation { createArticle(data: { title: "sent" }) { title } }' }
    const anonymous: Asked = { says: '', method: 'POST', path: '/graphql', authorization: [], body }
    expect(await ask(running.url, anonymous, article, tokens)).toMatchObject({ status: 200 })
    expect(origin.arrived).toEqual([`Bearer ${OWN}`])
  })

  it('is nothing at all of what the gate refuses', async () => {
    for (const document of Object.values(DOCUMENTS)) {
      const running = await gate(document)
      expect(await ask(running.url, list('Bearer {unknown}'), article, tokens)).toMatchObject({ status: 401 })
      expect(await ask(running.url, list('Bearer {expired}'), article, tokens)).toMatchObject({ status: 401 })
    }
    expect(origin.arrived).toEqual([])
  })
})

describe('`"access": "read"` on /graphql', () => {
  const body = { query: 'mutation { createArticle(data: { title: "sent" }) { title } }' }
  const mutation = { ...list('Bearer {reader}'), method: 'POST', path: '/graphql', body }
  const made = '{"data":{"createArticle":{"title":"sent"}}}'

  it('lets a read-only key write, where Strapi sees the gate’s own token', async () => {
    const running = await gate(withRoute(DOCUMENTS.strict, '/graphql', { access: 'read' }))
    expect(await ask(running.url, mutation, article, tokens)).toMatchObject({ status: 200, body: made })
  })

  it('lets it write nothing, where Strapi sees the caller’s token', async () => {
    const running = await gate(DOCUMENTS.forward)
    const got = await ask(running.url, mutation, article, tokens)
    expect(got.status).toBe(200)
    expect(JSON.parse(got.body)).toMatchObject({
      data: { createArticle: null },
      errors: [{ message: 'Forbidden access' }],
    })
  })
})

describe('an imported key afterwards', () => {
  it('gets a new token beside the old one, which goes on for as long as was said', async () => {
    const rotated = latchkey('keys', 'rotate', 'old', '--overlap', '7d')
    expect(rotated).toMatch(/^lk_/)
    const running = await gate(DOCUMENTS.strict)
    const statuses = [rotated, tokens['old'] as string].map(async (token) => {
      return (await ask(running.url, list(`Bearer ${token}`), article, tokens)).status
    })
    expect(await Promise.all(statuses)).toEqual([200, 200])
  })

  it('is refused at once where it was revoked and nothing is cached', async () => {
    latchkey('keys', 'revoke', 'replaced')
    const credentials = DOCUMENTS.strict.credentials.map((credential) => ({ ...credential, cacheSeconds: 0 }))
    const running = await gate({ ...DOCUMENTS.strict, credentials } as Document)
    const got = await ask(running.url, list('Bearer {replaced}'), article, tokens)
    expect(got).toMatchObject({ status: 401, body: expect.stringContaining('Missing or invalid credentials') })
  })
})

/** Types and permissions of listed keys by their names. */
function grantsIn(table: string): Record<string, unknown> {
  const items = JSON.parse(table) as { name: string; type: string; permissions?: string[] }[]
  return Object.fromEntries(items.map(({ name, type, permissions = [] }) => [name, [type, permissions]]))
}

describe('an export', () => {
  const at = Date.parse('2026-11-25T00:00:00Z') / 1000

  it('of PostgreSQL gives names, permissions and ends', async () => {
    const text = readFileSync(new URL('fixtures/postgres.json', import.meta.url), 'utf8')
    const { keys, left } = await reportOf(importing('strapi', { text: [text] }, { at }))
    expect(left).toEqual([])
    expect(keys.map(({ name, type, permissions, expiresAt }) => ({ name, type, permissions, expiresAt }))).toEqual([
      { name: 'Read Only', type: 'read-only', expiresAt: 'never' },
      { name: 'Full Access', type: 'full-access', expiresAt: 'never' },
      { name: 'reader', type: 'read-only', expiresAt: 'never' },
      { name: 'backend', type: 'full-access', expiresAt: Date.parse('2026-11-29T06:03:42Z') / 1000 },
      {
        name: 'writer',
        type: 'custom',
        permissions: ['api::article.article.find', 'api::article.article.create'],
        expiresAt: 'never',
      },
    ])
  })

  it('may be Strapi’s own SQLite file', async () => {
    const file = join(folder, 'data.db')
    const database = new DatabaseSync(file)
    for (const [table, rows] of Object.entries(ROWS)) {
      const columns = Object.keys(rows[0] ?? {})
      database.exec(`CREATE TABLE ${table} (${columns.join(', ')})`)
      const insert = database.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => '?').join(', ')})`)
      for (const row of rows) insert.run(...Object.values(row))
    }
    database.close()
    const store = ['--store', `sqlite:${join(folder, 'other.db')}`]
    const left = [
      { where: 'row 8 (idle)', why: 'it is custom and has no permissions' },
      { where: 'row 9 (expired)', why: 'it expired at 2023-11-14T22:13:20.123Z' },
    ]
    expect(taken(file, ...store)).toMatchObject({ imported: 10, already: 0, left })
    const tables = [latchkey('keys', 'list', '--json', ...store), latchkey('keys', 'list', '--json')]
    const [fromFile, fromRows] = tables.map((table) => grantsIn(table))
    expect(fromFile).toMatchObject({ reader: ['read-only', []], single: ['custom', ['api::article.article.findOne']] })
    expect(fromRows).toMatchObject(fromFile as object)
  })

  it('changes nothing when it is imported again', async () => {
    const before = latchkey('keys', 'list', '--json')
    expect(taken(EXPORT, '--expired')).toMatchObject({ imported: 0, already: 11 })
    expect(latchkey('keys', 'list', '--json')).toBe(before)
  })
})

describe('the compat document', () => {
  it('may have a route for a spelling that Strapi takes too', async () => {
    const slash: RouteDocument = { path: '/api/articles/', methods: ['GET'], permission: 'api::article.article.find' }
    const running = await gate({ ...DOCUMENTS.compat, routes: [slash, ...DOCUMENTS.compat.routes] })
    for (const path of ['/api/articles/', '/api/articles']) {
      expect(await ask(running.url, { ...list('Bearer {reader}'), path }, article, tokens)).toMatchObject({
        status: 200,
      })
    }
  })
})

describe('the routes of a project', () => {
  it('are those of the document, but for what is the app’s own', () => {
    const project = fileURLToPath(new URL('../../e2e/strapi/app', import.meta.url))
    const own = (path: string) => path === '/api/articles/refind' || path === '/graphql'
    expect(routesOf(project)).toEqual(DOCUMENTS.strict.routes.filter(({ path }) => !own(path)))
  })
})
