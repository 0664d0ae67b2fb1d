import { keyWarnings } from '../aws/key-warnings.ts'
import { documentGiven } from '../document.ts'
import { print, say, warn } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given, UsageError } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { describe } from './describe.ts'
import { DRAFT_FLAGS, draftGiven } from './draft-flags.ts'
import { EMIT_FLAGS, emitGiven, emitted } from './emit.ts'
import type { IssuedKey } from './service.ts'
import { now } from './times.ts'

export const CREATE_FLAGS: Flags = {
  name: { type: 'string', valueHint: 'NAME', description: 'what it is called: unique' },
  ...DRAFT_FLAGS,
  viewable: { type: 'boolean', description: 'keep the token encrypted, so that it can be revealed again' },
  ...EMIT_FLAGS,
  ...ACCESS_FLAGS,
}

/** `latchkey keys create`: the token goes to stdout, once, and what the key is to stderr. */
export async function create(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, CREATE_FLAGS)
  const name = flags.text('name')
  if (name === undefined) throw new UsageError('name the key: --name billing')
  const draft = draftGiven(flags, now())
  // Permissions belong to one type, so who names some has named it.
  const type = draft.type ?? (draft.permissions && ('custom' as const))
  const key = { ...draft, name, ...(type && { type }), ...(flags.is('viewable') && { viewable: true }) }
  const emit = emitGiven(flags)
  if (emit) return tell(await emitted(key, emit, flags), flags.is('json'))
  const document = documentGiven(flags)
  return withKeys(
    flags,
    async (keys) => {
      const issued = await keys.create(key)
      if (document) for (const warning of keyWarnings(document, issued.key)) warn(warning)
      return tell(issued, flags.is('json'))
    },
    { makesSecrets: true },
  )
}

/** Tells a token the one time that it can be told. */
export function tell({ key, token }: IssuedKey, json: boolean): number {
  if (json) {
    print(JSON.stringify({ token, key }, null, 2))
    return 0
  }
  say(describe(key))
  say(key.viewable ? 'the token, which may be revealed again:' : 'the token, told only now:')
  print(token)
  return 0
}
