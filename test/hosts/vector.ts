import { readdirSync, readFileSync } from 'node:fs'
import type { Document } from '../../src/document.ts'
import type { Reason } from '../../src/model/reason.ts'

/** The hosts that run the decision table. */
export const TABLE_HOSTS = ['in-process', 'node', 'worker', 'aws', 'vercel'] as const
export type TableHost = (typeof TABLE_HOSTS)[number]

/** One file of the decision table: a document, its secrets, and what is decided under them. */
export interface VectorFile {
  readonly title: string
  /** RFC 3339; the clock of every row that has none. Default 2026-06-01T00:00:00Z. */
  readonly now?: string
  readonly document: Document
  readonly secrets: Readonly<Record<string, string>>
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
  readonly request: VectorRequest
  readonly expect: VectorExpectation
  /** Why a host cannot express the row. */
  readonly skip?: Readonly<Partial<Record<TableHost, string>>>
}

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
  /** The client address that the host observes. Default 203.0.113.7. */
  readonly address?: string
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
  /** Epoch seconds. */
  readonly now: number
  readonly request: Required<Omit<VectorRequest, 'body'>> & { readonly body: string | undefined }
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
  return {
    name: `${fileName}: ${row.title}`,
    file: fileName,
    document: { ...file.document, ...row.document },
    secrets: Object.fromEntries(secrets),
    now: Date.parse(row.now ?? file.now ?? '2026-06-01T00:00:00Z') / 1000,
    request: {
      method: row.request.method ?? 'GET',
      target: row.request.target,
      headers: row.request.headers ?? [],
      host: row.request.host ?? 'api.example',
      scheme: row.request.scheme ?? 'https',
      address: row.request.address ?? '203.0.113.7',
      body: row.request.body,
    },
    expect: { ...row.expect, status: row.expect.status ?? 200 },
    skip: row.skip ?? {},
  }
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
