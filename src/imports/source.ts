import type { EpochSeconds } from '../model/access.ts'
import type { ImportedKey } from '../model/imported-key.ts'
import type { Grant } from '../model/principal.ts'

export type { ImportedKey } from '../model/imported-key.ts'

/** What is to be said about a row. `where` holds its number and its name, never a token or a hash. */
export interface Note {
  readonly where: string
  readonly why: string
}

/** What became of the rows: each is among `keys` or among `left`; `warnings` tell what was changed or lost on the way. */
export interface Report {
  readonly keys: readonly ImportedKey[]
  readonly left: readonly Note[]
  readonly warnings: readonly Note[]
}

/** What became of some rows, in their order. */
export interface Batch extends Report {
  /** How many rows were read so far, these included. */
  readonly read: number
  /** In the last batch: the entry of the document's `imports` by which these tokens are looked up, as JSON. */
  readonly entry?: string
}

/** What whoever imports decides. */
export interface ImportOptions {
  /** The time of the import. */
  readonly at: EpochSeconds
  /** What the keys may do whose source does not say; default: read-only, which is least. */
  readonly grant?: Grant
  /** Take keys that have already expired too; default: no. */
  readonly expired?: boolean
  /** When keys end, in days from now, whose tokens are easy to guess; sooner where they say so. Default 90. */
  readonly weakDays?: number
  /** When the export was made, for sources that tell how long a key still has; default: now. */
  readonly exportedAt?: EpochSeconds
  /** Strapi's `apiToken.salt`: needed where an export holds tokens, and to prove viewable copies. */
  readonly salt?: string
  /** Strapi's `admin.secrets.encryptionKey`: the viewable copies are taken over. */
  readonly encryptionKey?: string
}

/** A row of a table, an object of a JSON list, or a CSV line by its columns. */
export type Row = Readonly<Record<string, unknown>>

/** A part of an export that is no row. */
export class Unread {
  readonly why: string

  constructor(why: string) {
    this.why = why
  }
}

/** What is known of a token: its hash, or the token itself, which goes no further than to its hash. */
export type Proof = { readonly scheme: ImportedKey['scheme']; readonly hash: string } | { readonly plain: string }

/** What a source has read from a row, before the rules that hold for every key. */
export interface Claim {
  readonly proof: Proof
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly owner?: string | undefined
  /** Absent: the source does not say what the key may do. */
  readonly grant?: Grant | undefined
  readonly surface?: 'api' | 'admin' | undefined
  /** Fractions allowed. */
  readonly createdAt?: EpochSeconds | undefined
  /** Fractions allowed. */
  readonly expiresAt: EpochSeconds | 'never'
  readonly suspended?: boolean | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
  /** What the key is called in its own system, which is kept as the metadata `origin`. */
  readonly origin?: string | undefined
  /** The token, where a viewable copy is wanted. */
  readonly token?: string | undefined
  /** The public beginning of the token, up to its last underscore. */
  readonly prefix?: string | undefined
  /** What nobody may be told beside what every row is searched for. */
  readonly hidden?: readonly string[]
  /** What this key lost. */
  readonly warnings?: readonly string[]
  /** What many keys lose alike: counted, and told once. */
  readonly losses?: readonly string[]
}

/** Why a row gives no key. `name` is told with it, unless it holds what nobody may be told. */
export interface Left {
  readonly left: string
  readonly name?: string | undefined
  readonly hidden?: readonly string[]
}

type Maybe<T> = T | Promise<T>

/** A system that keys come from. */
export interface Source {
  /** Reads one row. Neither throws nor keeps anything of it. */
  readonly read: (row: Row, options: ImportOptions) => Maybe<Claim | Left>
  /** The rows of a JSON export, or of one line of JSON Lines; undefined where it has none of the forms that are known. */
  readonly rows: (json: unknown) => Iterable<Row> | undefined
  /** The forms that `rows` knows, in words. */
  readonly forms: string
  /** Reads a line of a text that is neither JSON nor CSV; undefined where it is no such line. */
  readonly line?: (text: string) => Row | undefined
  /** The columns of a CSV that are read; a CSV needs the first of them. Absent: there is no such CSV. */
  readonly columns?: readonly [string, ...string[]]
}

/** An export that nothing can be read from. Its message tells what was expected, and nothing of what stands there. */
export class ImportUnreadable extends Error {
  override name = 'ImportUnreadable'
}
