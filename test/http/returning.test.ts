import { describe, expect, it } from 'vitest'
import { returningFields } from '../../src/http/returning.ts'
import type { Allowed } from '../../src/model/decision.ts'
import type { Field } from '../given/access.ts'
import { accessOf, bearer } from '../given/access.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { passed } from '../given/gate.ts'

const ID: Field = ['X-Latchkey-Request-Id', accessOf().requestId]

async function returned(fields: readonly Field[], isPublic = false): Promise<readonly Field[]> {
  const access = accessOf(isPublic ? { target: '/health' } : { headers: [bearer(TOKENS.FULL)] })
  const { allowed }: { allowed: Allowed } = await passed(DOCUMENT, access)
  return returningFields(fields, access, allowed)
}

describe('a response', () => {
  it('goes back as it stands, in order, repeated where it was', async () => {
    const fields: readonly Field[] = [
      ['Content-Type', 'text/plain'],
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
      ['Content-Encoding', 'gzip'],
      ['Cache-Control', 'max-age=60'],
      ['Location', '/elsewhere'],
      ['X-Custom', 'caf\xe9'],
    ]
    expect(await returned(fields)).toEqual([...fields, ID])
  })

  it.each(['Connection', 'Keep-Alive', 'Proxy-Connection', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade'])(
    'goes back without %s',
    async (name) => {
      expect(
        await returned([
          [name, 'x'],
          ['Cache-Control', 'no-store'],
        ]),
      ).toEqual([['Cache-Control', 'no-store'], ID])
    },
  )

  it('goes back without what Connection lists', async () => {
    const fields: readonly Field[] = [
      ['Connection', 'close, X-Hop'],
      ['x-hop', '1'],
      ['Cache-Control', 'no-store'],
    ]
    expect(await returned(fields)).toEqual([['Cache-Control', 'no-store'], ID])
  })

  it('has our request id and no other', async () => {
    const fields: readonly Field[] = [
      ['x-latchkey-request-id', 'theirs'],
      ['Cache-Control', 'no-store'],
    ]
    expect(await returned(fields)).toEqual([['Cache-Control', 'no-store'], ID])
  })

  it('that a credential was needed for is private, unless the origin said how it may be cached', async () => {
    expect(await returned([])).toEqual([ID, ['Cache-Control', 'private']])
    expect(await returned([['cache-control', 'public']])).toEqual([['cache-control', 'public'], ID])
    expect(await returned([], true)).toEqual([ID])
  })
})
