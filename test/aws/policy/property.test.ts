import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compile } from '../../../adapters/aws/policy/compile.ts'
import { tableFor } from '../../../adapters/aws/policy/rules.ts'
import { isAllowed, statementsOf } from '../../../adapters/aws/policy/statements.ts'
import { build } from '../../../src/build.ts'
import { nodeDigests } from '../../../src/crypto/node.ts'
import type { Document, RouteDocument, StaticTokenDocument } from '../../../src/document.ts'
import { encodePath } from '../../../src/lib/percent.ts'
import type { Access } from '../../../src/model/access.ts'
import type { Principal } from '../../../src/model/principal.ts'
import { memorySink } from '../../../src/sinks/memory.ts'
import { validate } from '../../../src/validate.ts'
import { evaluate } from '../iam.ts'

const TABLES = 10_000
/** The same tables in every run; whoever changes the compiler draws others, by another `SEED`. */
const SEED = Number(process.env['SEED'] ?? 1)
const REQUESTS = 15

const TOKEN = 'vT3qR8wY1zA6bC9dE2fG5hJ7kL0mN4pQ'
const PREFIX = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']

/** Few texts, so that routes meet one another; some are another one in another letter case. */
const LITERALS = ['a', 'b', 'me', 'Me', 'all', '_latchkey', 'x.y', 'caf%C3%A9', '$d', 'GET']
const segment = fc.oneof(
  { arbitrary: fc.constantFrom(...LITERALS), weight: 3 },
  { arbitrary: fc.constant(':'), weight: 2 },
)
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '', '', '/', '/*'))
  .filter(([segments]) => segments[0] !== '_latchkey')
  .map(([segments, end]) => `/${segments.map((each, place) => (each === ':' ? `:p${place}` : each)).join('/')}${end}`)
const permission = fc.constantFrom(
  'r.read',
  'r.write',
  '{p0}.read',
  '{p1}.read',
  'x::{p0}.find',
  '{p0}-{p1}.read',
  '{p0}.{p1}',
)
const route: fc.Arbitrary<RouteDocument> = fc
  .record(
    {
      path: fc.oneof({ arbitrary: path, weight: 9 }, { arbitrary: fc.constant('/*'), weight: 1 }),
      methods: fc.uniqueArray(fc.constantFrom(...METHODS, 'PURGE'), { minLength: 1, maxLength: 3 }),
      public: fc.constantFrom(true, false, false, false),
      permission: fc.oneof(permission, fc.uniqueArray(permission, { minLength: 1, maxLength: 2 })),
      access: fc.constantFrom('read', 'write'),
      surface: fc.constantFrom('api', 'api', 'admin'),
      credentials: fc.constantFrom(['static-token'], ['static-token'], ['other']),
      tail: fc.constant('opaque'),
    },
    { requiredKeys: ['path'] },
  )
  .map((each) => each as RouteDocument)

const granted = fc.uniqueArray(
  fc.constantFrom(
    'r.*',
    'r.read',
    '*.read',
    'a.read',
    'b.*',
    'x::a.find',
    'x::*.find',
    'Me.read',
    'a-b.read',
    '*',
    'me.me',
  ),
  { minLength: 1, maxLength: 3 },
)
const credential = fc.oneof(
  fc.constant({ type: 'full-access' }),
  fc.constant({ type: 'read-only' }),
  granted.map((permissions) => ({ type: 'custom', permissions })),
)

const document = fc
  .record({
    routes: fc.array(route, { minLength: 1, maxLength: 6 }),
    paths: fc.constantFrom('strict', 'case-sensitive'),
    own: credential,
    surface: fc.constantFrom('api', 'api', 'api', 'admin'),
  })
  .map(({ routes, paths, own, surface }) => {
    const tokens = { kind: 'static-token', tokens: { secret: 'T' }, surface, ...own } as StaticTokenDocument
    const other = {
      kind: 'static-token',
      name: 'other',
      tokens: { secret: 'U' },
      from: [{ header: 'x-other' }],
    } as const
    return { credentials: [tokens, other], routes: routes.map(withoutWhatIsNotAllowed), paths } as Document
  })

/** A route that the schema takes, whatever was drawn. */
function withoutWhatIsNotAllowed(given: RouteDocument): RouteDocument {
  const { permission: needed, access, surface, credentials, tail, ...rest } = given
  const names = new Set(Array.from(given.path.matchAll(/:(\w+)/g), ([, name]) => name))
  const known = [needed ?? []]
    .flat()
    .filter((each) => Array.from(each.matchAll(/\{(\w+)\}/g)).every(([, name]) => names.has(name)))
  const tailed = given.path.endsWith('/*') && tail ? { tail } : {}
  if (given.public) return { ...rest, ...tailed }
  return {
    ...rest,
    ...tailed,
    ...(known.length > 0 && { permission: known }),
    ...(access && { access }),
    ...(surface && { surface }),
    ...(credentials && { credentials }),
  }
}

/** What a client may send, the odd and the malicious included. */
const sent = fc.oneof(
  { arbitrary: fc.constantFrom(...LITERALS, 'c', 'ME', 'mE', 'A', 'ALL', 'r', 'CAF%C3%89', 'caf%c3%a9'), weight: 12 },
  {
    arbitrary: fc.constantFrom(
      '',
      '.',
      '..',
      '%61',
      '%2F',
      '%2e%2e',
      'a;b',
      'a%20b',
      '*',
      'a b',
      'a\\b',
      '{a}',
      'x%',
      '%FF',
      "it's",
    ),
    weight: 1,
  },
)
const target = fc
  .tuple(fc.array(sent, { minLength: 0, maxLength: 5 }), fc.constantFrom('', '', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`)
const request = fc.tuple(fc.constantFrom(...METHODS), target)

function accessTo(method: string, path: string): Access {
  return {
    requestId: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
    method,
    scheme: 'https',
    host: 'api.example',
    target: path,
    header: (name) => (name === 'authorization' ? [`Bearer ${TOKEN}`] : []),
    headerNames: () => ['authorization'],
    loopback: false,
    at: 1_800_000_000,
  }
}

function gate(given: Document) {
  const host = {
    now: () => 1_800_000_000,
    elapsed: () => 0,
    digests: nodeDigests(),
    secrets: { get: (name: string) => (name === 'T' ? [TOKEN] : ['u'.repeat(32)]) },
    sink: memorySink(),
  }
  return build(given, host, { transport: 'any' })
}

type Authority = ReturnType<typeof gate>

function decisionOn(authority: Authority, method: string, path: string) {
  const judgement = authority.judge(accessTo(method, path), { defer: () => undefined })
  if ('then' in judgement) throw new Error('a static token needs no waiting')
  return judgement.decision
}

/**
 * Whether an API whose every path a route names serves this one, by any method. A path with a slash at its end is served by
 * the resource without it.
 */
function isServed(authority: Authority, path: string): boolean {
  const served = path.endsWith('/') && path !== '/' ? [path, path.slice(0, -1)] : [path]
  return served.some((each) =>
    METHODS.some((method) => {
      const decision = decisionOn(authority, method, each)
      return decision.allow || decision.refusal.reason !== 'route-unknown'
    }),
  )
}

/** Undefined where nothing is to be decoded, or not to text. */
function decodedOf(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path)
    return decoded === path ? undefined : decoded
  } catch {
    return undefined
  }
}

/** Paths that need no escapes and that Latchkey keeps for nobody. */
const isPlain = (path: string) => /^(?:\/[A-Za-z0-9\-._~!&'()+,=:@]+)*\/?$/.test(path) && !path.includes('_latchkey')

test(`over ${TABLES} tables, what a policy lets pass passes the core`, () => {
  const count = { tables: 0, whole: 0, passed: 0 }
  const requests = fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS })
  const held = fc.property(document, requests, fc.boolean(), fc.boolean(), (given, sents, isReachable, isTight) => {
    const valid = validate(given)
    if (!valid.ok) throw new Error(JSON.stringify(valid.faults))
    const authority = gate(valid.document)
    const { settings } = authority
    const { surface, grant } = settings.credentials[0] as (typeof settings.credentials)[number]
    const principal: Principal = {
      kind: 'static-token',
      credential: 'static-token',
      subject: 'static-token',
      surface,
      grant: grant as Principal['grant'],
    }
    const compiled = compile(tableFor(settings, { principal, hasCookie: false }), { isReachable, isTight })
    const statements = statementsOf(compiled, PREFIX) ?? []
    const policy = { Version: '2012-10-17', Statement: statements }
    count.tables++
    if (compiled.lost.length === 0) count.whole++
    for (const [method, path] of sents) {
      const decision = decisionOn(authority, method, path)
      const arn = `${PREFIX}${method}${path}`
      const passes = evaluate(policy, arn) === 'allow'
      const told = () => `${method} ${path} of ${JSON.stringify({ given, compiled, statements })}`
      if (isAllowed(statements, arn) !== passes) throw new Error(`evaluated otherwise: ${told()}`)
      if (decision.allow) {
        const isLost = compiled.lost.some((place) => settings.routes[place]?.path === decision.match.pattern)
        // An OPTIONS may be a preflight for another method, which a policy does not see.
        const isExpected = isPlain(path) && method !== 'OPTIONS' && !isLost
        if (!passes && isExpected) throw new Error(`refused without need: ${told()}`)
      } else if (passes && (isReachable || isServed(authority, path))) throw new Error(`widened: ${told()}`)
      if (passes) count.passed++

      // An HTTP API decodes a path before it asks, and an ARN may show it so.
      const decoded = decodedOf(path)
      if (decoded === undefined || evaluate(policy, `${PREFIX}${method}${decoded}`) !== 'allow') continue
      const meant = encodePath(decoded)
      const isRefused = !decisionOn(authority, method, meant).allow
      if (isRefused && (isReachable || isServed(authority, meant))) throw new Error(`widened where decoded: ${told()}`)
    }
  })

  fc.assert(held, { numRuns: TABLES, seed: SEED })
  expect(count.tables).toBeGreaterThanOrEqual(TABLES)
  expect(count.whole / TABLES).toBeGreaterThan(0.5)
  expect(count.passed / TABLES).toBeGreaterThan(0.25)
}, 300_000)
