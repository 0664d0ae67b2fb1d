import type { KeyDraft } from '../../keys/draft.ts'
import type { EpochSeconds } from '../../model/access.ts'
import type { GrantType, Surface } from '../../model/principal.ts'
import type { Flags, Given } from '../usage.ts'
import { shown, UsageError } from '../usage.ts'
import { endGiven, limitGiven } from './durations.ts'

const TYPES: readonly GrantType[] = ['full-access', 'read-only', 'custom']
const SURFACES: readonly Surface[] = ['api', 'admin', 'keys']

/** The flags that say what a key is. */
export const DRAFT_FLAGS: Flags = {
  description: { type: 'string', valueHint: 'TEXT', description: 'what it is for' },
  type: { type: 'string', valueHint: TYPES.join('|'), description: 'default read-only; custom with --permission' },
  permission: {
    type: 'string',
    multiple: true,
    valueHint: 'PATTERN',
    description: 'what a custom key may do, as orders.read or orders.*; may be repeated',
  },
  surface: { type: 'string', valueHint: SURFACES.join('|'), description: 'what it may reach; default api' },
  owner: { type: 'string', valueHint: 'NAME', description: 'the customer that it is for' },
  expires: {
    type: 'string',
    valueHint: 'WHEN',
    description: 'so long from now (90d, 12h), a date, a time, or never; default 90d, or what the document says',
  },
  address: {
    type: 'string',
    multiple: true,
    valueHint: 'CIDR',
    description: 'an address or block that alone may use it; may be repeated',
  },
  limit: {
    type: 'string',
    multiple: true,
    valueHint: 'N/SPAN',
    description: 'how many requests, as 100/60s or 10000/month; may be repeated',
  },
  metadata: { type: 'string', multiple: true, valueHint: 'NAME=TEXT', description: 'a note; may be repeated' },
  force: { type: 'boolean', description: 'take permissions that no route needs' },
}

/** What the flags ask for; what they do not name is absent. */
export function draftGiven(flags: Given, at: EpochSeconds): KeyDraft & { readonly force?: boolean } {
  const [type, surface, expires] = [typeGiven(flags), surfaceGiven(flags), flags.text('expires')]
  const [description, owner] = [flags.text('description'), flags.text('owner')]
  const [permissions, addresses, limits] = [
    listGiven(flags, 'permission'),
    listGiven(flags, 'address'),
    listGiven(flags, 'limit'),
  ]
  const metadata = listGiven(flags, 'metadata')
  return {
    ...(description !== undefined && { description }),
    ...(type !== undefined && { type }),
    ...(permissions && { permissions }),
    ...(surface !== undefined && { surface }),
    ...(owner !== undefined && { owner }),
    ...(expires !== undefined && { expiresAt: endGiven('expires', expires, at) }),
    ...(addresses && { addresses }),
    ...(limits && { limits: limits.map(limitGiven) }),
    ...(metadata && { metadata: metadataGiven(metadata) }),
    ...(flags.is('force') && { force: true }),
  }
}

/** Every text of a flag that may be repeated; one empty text is an empty list, and takes away what there was. */
function listGiven(flags: Given, flag: string): readonly string[] | undefined {
  const texts = flags.texts(flag)
  return texts.length === 0 ? undefined : texts.filter((text) => text !== '')
}

/** The flag's type; undefined where it is absent. */
export function typeGiven(flags: Given): GrantType | undefined {
  return oneOf('type', flags.text('type'), TYPES)
}

/** The flag's surface; undefined where it is absent. */
export function surfaceGiven(flags: Given): Surface | undefined {
  return oneOf('surface', flags.text('surface'), SURFACES)
}

/** A flag's value as one of a few; undefined where it is absent. */
export function oneOf<Word extends string>(
  flag: string,
  text: string | undefined,
  words: readonly Word[],
): Word | undefined {
  const word = words.find((each) => each === text)
  if (text !== undefined && word === undefined) throw new UsageError(`--${flag} takes ${words.join(', ')}`)
  return word
}

function metadataGiven(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf('=')
    if (at < 1) throw new UsageError(`--metadata takes NAME=TEXT, not '${shown(text)}'`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
  const twice = pairs.find(([name], place) => pairs.findIndex(([other]) => other === name) !== place)
  if (twice) throw new UsageError(`--metadata names '${shown(twice[0])}' twice`)
  // No prototype: a name may be any word.
  return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(pairs))
}
