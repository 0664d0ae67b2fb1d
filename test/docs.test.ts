import { existsSync, readdirSync, readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import { env, memorySink, serve } from '../adapters/node/index.ts'
import { filled, GENERATED_PAGES } from '../scripts/docs.ts'
import { dialects } from '../src/dialects/index.ts'
import type { Document, SecretsDocument } from '../src/document.ts'
import { KEYS_BY_HOST } from '../src/hosts.ts'
import { identityHeaders } from '../src/identity.ts'
import { load } from '../src/load.ts'
import type { LatchkeyEvent } from '../src/model/event.ts'
import { REASONS } from '../src/model/reason.ts'
import { validate } from '../src/validate.ts'
import { accessOf, bearer } from './given/access.ts'
import { authorityOf, DOCUMENT, hostOf, TOKENS } from './given/authority.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGES = pagesUnder(ROOT)

function pagesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || ['node_modules', 'dist', 'coverage'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return pagesUnder(path)
    return entry.name.endsWith('.md') ? [relative(ROOT, path)] : []
  })
}

function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

interface Example {
  readonly page: string
  readonly line: number
  /** What stands behind `json` on the fence: what the example is. */
  readonly label: string
  readonly text: string
}

function examplesOf(page: string): Example[] {
  return Array.from(textOf(page).matchAll(/^```json *(\S*)\n([\s\S]*?)^```$/gm), (match) => ({
    page,
    line: match.input.slice(0, match.index).split('\n').length,
    label: match[1] as string,
    text: match[2] as string,
  }))
}

const EXAMPLES = PAGES.flatMap(examplesOf)

describe('generated blocks', () => {
  it.each(GENERATED_PAGES)('of %s are what the code says: run `node scripts/docs.ts`', (page) => {
    expect(textOf(page)).toContain('<!-- generated: ')
    expect(textOf(page)).toBe(filled(textOf(page)))
  })
})

interface Schema {
  readonly const?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly additionalProperties?: Schema | boolean
}

/** An object of the schema: where it stands in the document, in which kind of credential, and its keys. */
interface SchemaObject {
  readonly at: string
  readonly kind: string | undefined
  readonly keys: readonly string[]
}

function objectsOf(schema: Schema, at = '', outer?: string): SchemaObject[] {
  const { properties = {} } = schema
  const kind = (properties['kind']?.const as string | undefined) ?? outer
  const own = schema.properties ? [{ at, kind, keys: Object.keys(properties) }] : []
  const below = Object.entries(properties).map(([key, value]) => [value, at ? `${at}.${key}` : key] as const)
  const same = [schema.items, schema.additionalProperties, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
  const inner = same.flatMap((each) => (typeof each === 'object' ? [[each, at] as const] : []))
  return [...own, ...[...below, ...inner].flatMap(([each, place]) => objectsOf(each, place, kind))]
}

/** The keys that the tables of docs/configuration.md describe, by their heading. */
function describedKeys(): ReadonlyMap<string, readonly string[]> {
  const described = new Map<string, string[]>()
  let heading = ''
  for (const line of textOf('docs/configuration.md').split('\n')) {
    heading = /^#+ (.*)$/.exec(line)?.[1] ?? heading
    const key = /^\| `([^`]+)` \|/.exec(line)?.[1]
    if (key !== undefined) described.set(heading, [...(described.get(heading) ?? []), key])
  }
  return described
}

const OBJECTS = objectsOf(JSON.parse(textOf('latchkey.schema.json')) as Schema)

/** Slots look alike wherever they stand. */
const isSlot = ({ keys }: SchemaObject) => keys.join() === 'secret,until'

describe('docs/configuration.md', () => {
  const HEADINGS: Readonly<Record<string, string>> = {
    '': 'The document',
    origin: 'Origin',
    credentials: 'Credentials',
    'credentials.from': 'Places',
    'credentials.limits': 'Limits',
    'owners.limits': 'Limits',
    routes: 'Routes',
    proxies: 'Proxies',
    store: 'Store and limiter',
    limiter: 'Store and limiter',
    keys: 'Keys',
    issuing: 'Issuing',
    identity: 'Identity',
    webhooks: 'Webhooks',
    apis: 'APIs',
  }
  const KINDS: Readonly<Record<string, string>> = {
    'static-token': 'Static tokens',
    'api-key': 'Issued keys',
    jwt: 'JSON Web Tokens',
    'gateway-key': 'Gateway keys',
  }
  const credentials = OBJECTS.filter(({ at }) => at === 'credentials')
  const kindsWith = (key: string) => credentials.filter(({ keys }) => keys.includes(key)).length

  /** Where a key is described, and by which name. */
  function placeOf(object: SchemaObject, key: string): readonly [heading: string, name: string] {
    const { at, kind } = object
    if (isSlot(object)) return ['Secrets', key]
    if (at === 'credentials' && kindsWith(key) === 1) return [KINDS[kind ?? ''] ?? '', key]
    if (HEADINGS[at] !== undefined) return [HEADINGS[at], key]
    const within = at.startsWith('credentials.') ? at.slice('credentials.'.length) : undefined
    return within === undefined ? ['The small objects', `${at}.${key}`] : [KINDS[kind ?? ''] ?? '', `${within}.${key}`]
  }

  it('describes every key of the schema in its section, and no other', () => {
    const expected = new Map<string, Set<string>>()
    for (const object of OBJECTS) {
      for (const key of object.keys) {
        const [heading, name] = placeOf(object, key)
        expected.set(heading, new Set([...(expected.get(heading) ?? []), name]))
      }
    }
    const described = describedKeys()
    const sections = new Set(['Secrets', 'The small objects', ...Object.values({ ...HEADINGS, ...KINDS })])
    expect(new Set(expected.keys())).toEqual(sections)
    for (const [heading, keys] of expected) {
      const types = ['full-access', 'read-only', 'custom']
      const found = (described.get(heading) ?? []).filter((key) => !types.includes(key))
      expect({ heading, keys: found.toSorted() }).toEqual({ heading, keys: [...keys].toSorted() })
    }
  })
})

/** Objects whose keys are names that somebody chose. */
const BY_NAME: ReadonlySet<string> = new Set([
  'origin.headers',
  'owners',
  'credentials.gateways',
  'credentials.grants.map',
  'credentials.require',
])

/** The keys that stand in a part of a document, by where they stand; of a value under a chosen name `isNamed`. */
function keysIn(value: unknown, at: string, isNamed = false): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => keysIn(item, at, isNamed))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, below]) => {
    if (BY_NAME.has(at) && !isNamed) return keysIn(below, at, true)
    const place = at === '' ? key : `${at}.${key}`
    return [place, ...keysIn(below, place)]
  })
}

describe('JSON examples', () => {
  const base: Document = {
    credentials: [{ kind: 'static-token', tokens: { secret: 'APP_TOKEN' } }],
    routes: [{ path: '/*' }],
  }
  const documentOf: Readonly<Record<string, (example: never) => unknown>> = {
    '': (example: object) => ({ ...base, ...example }),
    credential: (example: Document['credentials'][number]) => ({ ...base, credentials: [example] }),
    secrets: (example: SecretsDocument) => ({
      ...base,
      credentials: [{ kind: 'static-token', tokens: example }],
    }),
  }
  /** Pages about a platform show its files too; of those only what looks like a document is one. */
  const isOfPlatform = ({ page, label, text }: Example) =>
    label === '' &&
    /^docs\/(?:aws|aws-secrets|cloudflare|vercel|performance)\.md$/.test(page) &&
    !Object.keys(JSON.parse(text) as object).some((key) => Object.hasOwn(KEYS_BY_HOST, key))
  const documents = EXAMPLES.filter((example) => example.label in documentOf && !isOfPlatform(example))

  it.each(documents)('$page:$line is a valid document, or a part of one', ({ label, text }) => {
    const document = documentOf[label]?.(JSON.parse(text) as never)
    expect(validate(document)).toEqual({ ok: true, document })
  })

  it.each(EXAMPLES.filter(({ label }) => label === 'answer'))('$page:$line is what a dialect answers', ({ text }) => {
    const { requestId = '' } = JSON.parse(text) as { requestId?: string }
    const reason = 'token-unknown'
    const { status, title } = REASONS[reason]
    const answers = Object.values(dialects).map((dialect) => dialect.body({ reason, status, title, requestId }))
    expect(answers.map((body) => JSON.parse(body) as unknown)).toContainEqual(JSON.parse(text))
  })

  it('of docs/configuration.md show every key', () => {
    const places: Readonly<Record<string, string>> = {
      '': '',
      credential: 'credentials',
      secrets: 'credentials.tokens',
    }
    const shown = documents
      .filter(({ page }) => page === 'docs/configuration.md')
      .flatMap(({ label, text }) => keysIn(JSON.parse(text), places[label] ?? ''))
    const all = OBJECTS.filter((object) => !isSlot(object)).flatMap(({ at, keys }) =>
      keys.map((key) => (at === '' ? key : `${at}.${key}`)),
    )
    expect(all.filter((key) => !shown.includes(key))).toEqual([])
    expect(shown).toContain('credentials.tokens.until')
  })

  it('have labels that say what they are', () => {
    const labels = [...Object.keys(documentOf), 'answer', 'event', 'cloudevent', 'schema']
    expect(EXAMPLES.filter(({ label }) => !labels.includes(label))).toEqual([])
  })
})

describe('links', () => {
  const prose = (page: string) => textOf(page).replace(/^```[\s\S]*?^```$/gm, '')
  const links = PAGES.flatMap((page) =>
    Array.from(prose(page).matchAll(/\]\(([^)\s]+)\)/g), ([, target]) => ({ page, target: target as string })),
  ).filter(({ target }) => !/^[a-z]+:/.test(target))

  /** A heading's anchor, as GitHub makes it. */
  function anchorsOf(page: string): string[] {
    return Array.from(prose(page).matchAll(/^#+ (.*)$/gm), ([, heading]) =>
      (heading as string)
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    )
  }

  it.each(links)('of $page lead somewhere: $target', ({ page, target }) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    expect(existsSync(join(ROOT, file))).toBe(true)
    if (anchor !== undefined) expect(anchorsOf(file)).toContain(anchor)
  })
})

describe('docs/http.md', () => {
  it('names every identity header', () => {
    const page = textOf('docs/http.md')
    for (const [name] of identityHeaders('anonymous', 'a')) expect(page).toContain(`| \`${name}\` |`)
  })
})

describe('the schema of docs/events.md', () => {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
  formats.default.default(ajv)
  const schema = EXAMPLES.find(({ page, label }) => page === 'docs/events.md' && label === 'schema')
  const accepts = ajv.compile(JSON.parse(schema?.text ?? 'false') as object)

  function expectAccepted(events: readonly LatchkeyEvent[]): void {
    for (const event of events) expect({ event, valid: accepts(event) }).toEqual({ event, valid: true })
  }

  const RICH: Document = {
    credentials: [
      { kind: 'static-token', name: 'full', tokens: [{ secret: 'NEW' }, { secret: 'FULL' }], type: 'full-access' },
      { kind: 'static-token', name: 'custom', tokens: { secret: 'CUSTOM' }, type: 'custom', permissions: ['a.b'] },
    ],
    routes: [
      { path: '/health', public: true },
      { path: '/orders/:id', permission: 'orders.{id}' },
    ],
  }

  it('accepts the example', () => {
    const example = EXAMPLES.find(({ label }) => label === 'event')
    expect(accepts(JSON.parse(example?.text ?? 'null'))).toBe(true)
  })

  it.each([
    ['a public route', {}, { target: '/health' }, { decision: 'allow', route: '/health', kind: null }],
    [
      'an allowed request',
      {},
      { target: '/orders/7?x=1', headers: [bearer(TOKENS.FULL), ['User-Agent', 'curl'] as const] },
      { decision: 'allow', path: '/orders/7', name: 'full', slot: 1, userAgent: 'curl', address: '203.0.113.7' },
    ],
    ['a request without a token', {}, { target: '/orders/7' }, { decision: 'deny', reason: 'credential-missing' }],
    [
      'a token that may not do this',
      { log: { address: 'truncated' } },
      { target: '/orders/7', headers: [bearer(TOKENS.CUSTOM)] },
      { reason: 'permission-missing', name: 'custom', address: '203.0.113.0' },
    ],
    ['an unknown route', { log: { address: 'none' } }, { target: '/x' }, { reason: 'route-unknown', address: null }],
    ['a target that is no path', {}, { target: 'https://a@b/c?d' }, { reason: 'request-ambiguous', path: '' }],
    ['no address, no host', {}, { host: '', clientAddress: undefined }, { reason: 'request-ambiguous', host: '' }],
  ] satisfies [string, Partial<Document>, Parameters<typeof accessOf>[0], object][])(
    'accepts the event of %s',
    async (_, more, facts, expected) => {
      const host = hostOf()
      const latchkey = authorityOf({ ...RICH, ...more }, host)
      await latchkey.judge(accessOf(facts), { defer: () => undefined })
      expect(host.sink.events.at(-1)).toMatchObject({ type: 'decision', ...expected })
      expectAccepted(host.sink.events)
    },
  )

  it('accepts notices of weak, wrong and unreadable secrets, of faulty documents and of what failed closed', async () => {
    const failing = { get: () => Promise.reject(new TypeError('down')) }
    const broken = {
      ...accessOf(),
      header(name: string): readonly string[] {
        if (name === 'authorization') throw new Error('a bug')
        return []
      },
    }
    const hosts = [hostOf({ FULL: 'changeme' }), hostOf({ FULL: 'a b' }), hostOf(failing), hostOf()]
    for (const host of hosts) await authorityOf(DOCUMENT, host).judge(accessOf(), { defer: () => undefined })
    const bug = hostOf()
    await authorityOf(DOCUMENT, bug).judge(broken, { defer: () => undefined })
    const faulty = hostOf()
    const refusing = await load({ text: '{"credentials":[]}' }, faulty, { transport: 'any' })
    await refusing.judge(accessOf(), { defer: () => undefined })
    const events = [...hosts, bug, faulty].flatMap((host) => host.sink.events)
    const notices = events.filter((event) => event.type === 'notice')
    expect(notices.map(({ level }) => level)).toContain('warn')
    expect(notices.filter(({ level }) => level === 'error').length).toBeGreaterThanOrEqual(4)
    expectAccepted(events)
  })

  it('accepts the event of an origin that cannot be reached', async () => {
    const closed = createServer()
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve))
    const { port } = closed.address() as AddressInfo
    await new Promise((resolve) => closed.close(resolve))
    const sink = memorySink()
    const origin = `http://127.0.0.1:${port}`
    const gate = await serve({ document: DOCUMENT, origin, port: 0, secrets: env(TOKENS), sink })
    const { status } = await fetch(`${gate.url}/health`)
    await gate.close(0)
    expect(status).toBe(502)
    expect(sink.events.map(({ type }) => type)).toEqual(['decision', 'origin-failed'])
    expectAccepted(sink.events)
  })

  it.each([
    ['an unknown member', { colour: 'red' }],
    ['a reason on an allowed request', { reason: 'token-unknown' }],
    ['no reason on a refused one', { decision: 'deny' }],
    ['a path with its query', { path: '/a?token=b' }],
    ['a time that is none', { time: 'now' }],
    ['another type', { type: 'audit' }],
  ])('refuses %s', (_, more) => {
    const example = JSON.parse(EXAMPLES.find(({ label }) => label === 'event')?.text ?? 'null') as object
    expect(accepts({ ...example, ...more })).toBe(false)
  })
})
