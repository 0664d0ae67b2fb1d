import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { entryAfter, fixture, imported } from './given.ts'

const TOKEN = `proj_${'abcdefghijklmnopqrstuvwxyz'}${'ABCDEFGHIJKLMNOPQRSTUVWXYZ'}abcdefghijklm`
const hash = (token: string) => createHash('sha256').update(token).digest('hex')

test('rows become keys, of this version of the table and of older ones', async () => {
  const { keys } = await imported('better-auth', fixture('better-auth.json'))
  expect(keys).toEqual([
    {
      name: 'CI',
      type: 'custom',
      permissions: ['files:read', 'files:write', 'users:read'],
      owner: 'user-1',
      createdAt: 1_735_689_600,
      expiresAt: 1_893_553_446,
      metadata: { origin: 'better-auth k1', environment: 'production' },
      scheme: 'sha256',
      hash: hash(TOKEN),
    },
    {
      name: 'better-auth k2',
      type: 'read-only',
      owner: 'user-2',
      createdAt: 1_735_689_600,
      expiresAt: 'never',
      metadata: { origin: 'better-auth k2' },
      scheme: 'sha256',
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      suspended: true,
    },
  ])
})

test('what has no counterpart is told', async () => {
  const { left, warnings } = await imported('better-auth', fixture('better-auth.json'))
  expect(left).toEqual([
    { where: 'row 3 (Plain)', why: 'its key is not hashed as better-auth does: plain keys are imported as csv' },
    { where: 'row 4 (Used up)', why: 'it has no requests left' },
    { where: 'row 5 (Odd)', why: 'its permissions are no lists of actions, or have names with ":"' },
  ])
  expect(warnings.map(({ why }) => why)).toEqual([
    'not taken, as "*" would mean more here than there: 1 of its permissions',
    'their rate limits are not taken',
    'how many requests they have left is not taken',
    'their refills are not taken',
    'the source does not say what they may do: they are read-only',
    'they had no name, and are called after where they come from',
  ])
})

test('the entry has the prefix of the rows and the letters that better-auth draws', async () => {
  const { shape = '' } = await entryAfter('better-auth', fixture('better-auth.json'))
  expect(shape).toBe('^proj_[A-Za-z]{64}$')
})

test.each([
  ['no hash', { key: null }, 'the export does not hold its hash'],
  ['an end that is none', { expiresAt: 'soon' }, 'its end cannot be read'],
  ['an odd flag', { enabled: 'maybe' }, 'whether it is enabled cannot be read'],
  ['permissions that are no JSON', { permissions: '{' }, 'its permissions cannot be read'],
  ['actions that are no list', { permissions: { files: 'read' } }, /no lists of actions/],
  ['no owner that a key can have', { userId: ' x' }, 'its owner is no text of 1 to 100 visible characters'],
])('a row is left for %s', async (_, more, why) => {
  const key = createHash('sha256').update('a').digest('base64url')
  const { left } = await imported('better-auth', [{ name: 'a', key, userId: 'u', ...more }])
  expect(left).toEqual([{ where: 'row 1 (a)', why: expect.stringMatching(why) }])
})

test('seconds and milliseconds are told apart by their size', async () => {
  const key = (name: string) => createHash('sha256').update(name).digest('base64url')
  const { keys } = await imported('better-auth', [
    { name: 'seconds', key: key('a'), expiresAt: 1_893_456_000 },
    { name: 'milliseconds', key: key('b'), expiresAt: 1_893_456_000_001 },
  ])
  expect(keys.map(({ expiresAt }) => expiresAt)).toEqual([1_893_456_000, 1_893_456_001])
})
