import { readdirSync, readFileSync } from 'node:fs'
import type { Document } from '../../src/document.ts'
import type { DecisionEvent } from '../../src/model/event.ts'
import type { Reason } from '../../src/model/reason.ts'
import type { VectorJwt } from './vector-jwts.ts'
import { rowJwts } from './vector-jwts.ts'
import type { RowStore, VectorStore } from './vector-store.ts'
import { rowStore } from './vector-store.ts'

/** The hosts that run the decision table. */
export const TABLE_HOSTS = ['in-process', 'node', 'worker', 'aws', 'vercel', 'nginx', 'caddy', 'haproxy'] as const
export type TableHost = (typeof TABLE_HOSTS)[number]

/** One file of the decision table: a document, its secrets, and what is decided under them. */
export interface VectorFile {
  readonly title: string
  /** RFC 3339; the clock of every row that has none. Default 2026-06-01T00:00:00Z. */
  readonly now?: string
  readonly document: Document
  readonly secrets: Readonly<Record<string, string>>
  /** What the store holds that the document names. */
  readonly store?: VectorStore
  /** Tokens that rows name. */
  readonly jwts?: Readonly<Record<string, VectorJwt>>
  readonly rows: readonly VectorRow[]
}

export interface VectorRow {
  /** A statement, unique in its file. */
  readonly title: string
  /** Laid over the file's document, key by key. */
  readonly document?: Partial<Document>
  /** Laid over the file's secrets; null takes one away. */
  readonly secrets?: Readonly<Record<string, string | null>>
  readonly now?: string
  /** Laid over the file's: its keys one by one, all else as a whole. */
  readonly store?: VectorStore
  readonly request: VectorRequest
  readonly expect: VectorExpectation
  /** Why a host cannot express the row. */
  readonly skip?: Readonly<Partial<Record<TableHost, string>>>
}

/**
 * Texts of a row's request and of what is expected may hold `{{key:NAME}}` and `{{id:NAME}}`, see vector-store.ts, and
 * `{{jwt:NAME}}`; secrets may hold `{{jwks:NAME}}`, see vector-jwts.ts.
 */
export interface VectorRequest {
  /** Default GET. */
  readonly method?: string
  /** As it stands on the wire. */
  readonly target: string
  /** In order; a name may be repeated. Host is added from `host`. One character is one byte. */
  readonly headers?: readonly (readonly [string, string])[]
  /** Default `api.example`. */
  readonly host?: string
  /** Default https. */
  readonly scheme?: 'https' | 'http'
  /** The client address that the host observes; null: it knows none. Default 203.0.113.7. */
  readonly address?: string | null
  readonly body?: string
}

export interface VectorExpectation {
  /** `origin`: it passes. `latchkey`: an endpoint of Latchkey's own answers. `refused`: a refusal. */
  readonly outcome: 'origin' | 'latchkey' | 'refused'
  /** The status that a gate host answers; default 200 for what passes. */
  readonly status?: number
  readonly reason?: Reason
  /** `WWW-Authenticate`, each line; null: none. */
  readonly challenge?: readonly string[] | null
  /** Identity by short name (`Subject`, `Name`, `Permissions`...): what the origin gets, or verify answers. */
  readonly identity?: Readonly<Record<string, string>>
  /** What the origin sees of the request; a header that is null must be absent. */
  readonly origin?: { readonly target?: string; readonly headers?: Readonly<Record<string, string | null>> }
  /** Headers of the reply; null must be absent. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** The reply's body as JSON; members that are given must be equal. */
  readonly json?: unknown
  /** Members of the decision event. */
  readonly event?: Partial<DecisionEvent>
  /** How many entries the store is asked for, where a runner can count them. */
  readonly reads?: number
  /** How API Gateway is answered, where that does not follow from outcome and status. */
  readonly aws?: 'allow' | 'deny' | 'unauthorized' | 'thrown'
  /** The reason that an authorizer tells, where it is another one than a gate's. */
  readonly awsReason?: Reason
}

/** A row with everything filled in. */
export interface Vector {
  /** `file: title`, which names it in reports. */
  readonly name: string
  readonly file: string
  readonly document: Document
  readonly secrets: Readonly<Record<string, string>>
  /** What else nobody is told: tokens, their secrets, and what is kept of them. */
  readonly hidden: Readonly<Record<string, string>>
  /** Undefined where the document names none. */
  readonly store: RowStore | undefined
  /** Epoch seconds. */
  readonly now: number
  readonly request: Required<Omit<VectorRequest, 'address' | 'body'>> & {
    readonly address: string | undefined
    readonly body: string | undefined
  }
  readonly expect: VectorExpectation & { readonly status: number }
  readonly skip: Readonly<Partial<Record<TableHost, string>>>
}

const FOLDER = new URL('../vectors/', import.meta.url)

/** Reads the whole table. */
export function vectors(): Vector[] {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .sort()
  return files.flatMap((name) => {
    const file = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as VectorFile
    return file.rows.map((row) => vectorOf(name.replace(/\.json$/, ''), file, row))
  })
}

function vectorOf(fileName: string, file: VectorFile, row: VectorRow): Vector {
  const secrets = Object.entries({ ...file.secrets, ...row.secrets }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  const document = { ...file.document, ...row.document }
  const now = Date.parse(row.now ?? file.now ?? '2026-06-01T00:00:00Z') / 1000
  const store = { ...file.store, ...row.store, keys: { ...file.store?.keys, ...row.store?.keys } }
  const jwts = rowJwts(file.jwts ?? {}, now)
  const texts = [row.request, row.expect]
  const made = rowStore({ store, texts, document, secrets: file.secrets, file: fileName, row: row.title, now })
  const {
    method = 'GET',
    target,
    headers = [],
    body,
    address = '203.0.113.7',
    ...request
  } = jwts.filled(made.filled(row.request))
  const { host = 'api.example', scheme = 'https' } = request
  const expect = jwts.filled(made.filled(row.expect))
  return {
    name: `${fileName}: ${row.title}`,
    file: fileName,
    document,
    secrets: jwts.filled(Object.fromEntries(secrets)),
    hidden: { ...made.hidden, ...jwts.hidden },
    store: document.store && made.store,
    now,
    request: { method, target, headers, host, scheme, address: address ?? undefined, body },
    expect: { ...expect, status: expect.status ?? 200 },
    skip: row.skip ?? {},
  }
}

/** Whether a row's outcome depends on the client's address: by its document, or by what its keys are bound to. */
export function judgesAddress({ document, store }: Vector): boolean {
  const hasAddresses = store?.entries.some(({ value }) => value.includes('"addresses":')) === true
  return document.addresses !== undefined || hasAddresses
}

/**
 * Why a host does not run a row: the row says so itself, or the host cannot express it. Undefined: it runs. A runner
 * hands the text to `context.skip`, so that the matrix counts it.
 */
export function skipReason(
  vector: Vector,
  host: TableHost,
  cannotExpress: (vector: Vector) => string | undefined = () => undefined,
): string | undefined {
  return vector.skip[host] ?? cannotExpress(vector)
}
