import { writeFileSync } from 'node:fs'
import type { NewKey } from '../../keys/asked.ts'
import type { Row } from '../../lib/storable.ts'
import { documentGiven } from '../document.ts'
import { Failure } from '../failure.ts'
import { secretsOf, variablesOf } from '../inputs.ts'
import { say } from '../terminal.ts'
import type { Flags, Given } from '../usage.ts'
import { UsageError } from '../usage.ts'
import { oneOf } from './draft-flags.ts'
import { localKeys } from './local.ts'
import { partsOf } from './parts.ts'
import { recording } from './recording.ts'
import type { IssuedKey } from './service.ts'
import { dynamodbOf, kvOf, sqlOf } from './statements.ts'

const FORMS = ['sql', 'kv', 'dynamodb-json'] as const
const DEFAULT_TABLE = 'latchkey'

export const EMIT_FLAGS: Flags = {
  emit: {
    type: 'string',
    valueHint: FORMS.join('|'),
    description: "write what the vendor's own tool takes, for a store that is not reached from here",
  },
  out: { type: 'string', valueHint: 'FILE', description: 'with --emit: the file' },
  table: { type: 'string', valueHint: 'TABLE', description: `with dynamodb-json: default ${DEFAULT_TABLE}` },
}

/** What is to be written, and where. */
export interface Emit {
  readonly form: (typeof FORMS)[number]
  readonly file: string
  readonly table: string
}

/** Undefined where the key is made in a store. */
export function emitGiven(flags: Given): Emit | undefined {
  const [form, file, table] = [oneOf('emit', flags.text('emit'), FORMS), flags.text('out'), flags.text('table')]
  if (!form) {
    if (file === undefined && table === undefined) return undefined
    throw new UsageError('--out and --table go with --emit')
  }
  if (!file) throw new UsageError('--emit writes to a file, as stdout has the token: --out key.sql')
  if (flags.text('store') !== undefined || flags.text('url') !== undefined) {
    throw new UsageError('--emit reaches no store: leave out --store and --url')
  }
  return { form, file, table: table ?? DEFAULT_TABLE }
}

/** Makes a key in no store, and writes its entries for the vendor's tool before its token is told. */
export async function emitted(key: NewKey, { form, file, table }: Emit, flags: Given): Promise<IssuedKey> {
  const [variables, store] = [variablesOf(flags), recording()]
  const surroundings = { text: form, store, secrets: secretsOf(flags, variables), document: documentGiven(flags) }
  const parts = await partsOf(surroundings, true)
  const issued = await localKeys({ ...parts, store, close: async () => undefined }).create(key)
  write(file, await textOf(store.rows(), form, table))
  say(`wrote ${file}; the key counts once it is there:`)
  say(`  ${COMMANDS[form]} ${form === 'dynamodb-json' ? `file://${file}` : file}`)
  return issued
}

const COMMANDS: Readonly<Record<Emit['form'], string>> = {
  sql: 'wrangler d1 execute DATABASE --remote --file',
  kv: 'wrangler kv bulk put --binding BINDING --remote',
  'dynamodb-json': 'aws dynamodb transact-write-items --transact-items',
}

async function textOf(rows: readonly Row[], form: Emit['form'], table: string): Promise<string> {
  if (form === 'sql') return sqlOf(rows)
  return form === 'kv' ? kvOf(rows) : dynamodbOf(rows, table)
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { mode: 0o600 })
  } catch (error) {
    throw new Failure(`--out ${file} cannot be written: ${(error as NodeJS.ErrnoException).code}`)
  }
}
