import { plain, say } from '../terminal.ts'
import type { Flags } from '../usage.ts'
import { given } from '../usage.ts'
import { ACCESS_FLAGS, withKeys } from './access.ts'
import { tell } from './create.ts'
import { overlapEndOf } from './describe.ts'
import { durationGiven, endGiven } from './durations.ts'
import { keyGiven, keyNamed } from './named.ts'
import { now, shortTime } from './times.ts'

const DEFAULT_OVERLAP = '24h'

export const ROTATE_FLAGS: Flags = {
  overlap: {
    type: 'string',
    valueHint: 'DURATION',
    description: `how long the old secret still counts; 0 ends it at once; default ${DEFAULT_OVERLAP}`,
  },
  renew: { type: 'string', valueHint: 'WHEN', description: 'a new end, as 90d; default: the end stays' },
  ...ACCESS_FLAGS,
}

/** `latchkey keys rotate KEY`: a new secret now, the old one until its deadline. */
export async function rotate(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, ROTATE_FLAGS, 1)
  const [name, renew] = [keyGiven(flags), flags.text('renew')]
  const rotation = {
    overlapSeconds: durationGiven('overlap', flags.text('overlap') ?? DEFAULT_OVERLAP),
    ...(renew !== undefined && { expiresAt: endGiven('renew', renew, now()) }),
  }
  return withKeys(
    flags,
    async (keys) => {
      const { id } = await keyNamed(keys, name)
      const issued = await keys.rotate(id, rotation)
      const end = overlapEndOf(issued.key)
      say(`the old token counts ${end === undefined ? 'no more' : `until ${plain(shortTime(end))} UTC`}`)
      return tell(issued, flags.is('json'))
    },
    { makesSecrets: true },
  )
}
