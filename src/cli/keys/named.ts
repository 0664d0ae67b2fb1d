import type { KeyView } from '../../http/keys/replies.ts'
import { Failure } from '../failure.ts'
import { plain } from '../terminal.ts'
import type { Given } from '../usage.ts'
import { UsageError } from '../usage.ts'
import type { KeyService } from './service.ts'

const ID = /^[0-9A-Za-z]{17}$/
/** An issued token, or the most of one: its id stands behind the versions. */
const TOKEN = /^[a-z][a-z0-9_]{1,20}_1[0-9A-Za-z]([0-9A-Za-z]{17})[0-9A-Za-z]{20,}$/
/** Longer than any name. */
const MOST_NAME_CHARACTERS = 100

/** The KEY of a command line: an id or a name. A token is never taken: every process of the machine can read arguments. */
export function keyGiven(flags: Given): string {
  const [text] = flags.positionals
  if (text === undefined) throw new UsageError('name a key by its id or its name')
  const id = TOKEN.exec(text)?.[1]
  if (id !== undefined) throw new UsageError(`that is a token, which belongs in no argument; the key is ${id}`)
  if (text === '' || Array.from(text).length > MOST_NAME_CHARACTERS) {
    throw new UsageError('KEY is an id, or a name of 1 to 100 characters')
  }
  return text
}

/** The key that an id or a name names. A name that looks like an id gives way to a key that has this id. */
export async function keyNamed(keys: KeyService, text: string): Promise<KeyView> {
  const byId = ID.test(text) ? await keys.show(text) : undefined
  if (byId) return byId
  const named = await keys.named(text)
  const [found, ...others] = named
  if (!found) throw new Failure(`no key has the id or the name '${plain(text)}'`)
  if (others.length === 0) return found
  throw new Failure(
    `${named.length} keys have this name: name one by its id`,
    named.map(({ id }) => id),
  )
}

/** The id of a key, of one that was deleted too: what was kept of it can be asked for by that alone. */
export async function idNamed(keys: KeyService, text: string): Promise<string> {
  if (!ID.test(text)) return (await keyNamed(keys, text)).id
  const byId = await keys.show(text)
  return byId ? text : ((await keys.named(text))[0]?.id ?? text)
}
