import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { DAY, entryAfter, fixture, fixtureText, imported, NOW } from './given.ts'

const hash = (token: string) => createHash('sha256').update(token).digest('hex')
const DECK = fixture('kong-deck.json')

test('credentials below their consumers, and beside them, become keys of the consumer', async () => {
  const { keys } = await imported('kong', DECK, { exportedAt: NOW - 100.5 })
  expect(keys.map(({ name, owner, expiresAt, hash: found }) => ({ name, owner, expiresAt, hash: found }))).toEqual([
    {
      name: 'mobile-app',
      owner: 'mobile-app',
      expiresAt: NOW - 100 + 3600,
      hash: hash('IL1deIyHyQA40WpeLeA1bIUXuvTwlGjo'),
    },
    {
      name: 'mobile-app (2)',
      owner: 'mobile-app',
      expiresAt: 'never',
      hash: hash('4174348a-9222-4e81-b33e-5d72d2fd7f1e'),
    },
    { name: 'web-app', owner: 'web-app', expiresAt: NOW + 90 * DAY, hash: hash('mobile-api-key-123') },
    { name: 'web-app (2)', owner: 'web-app', expiresAt: 'never', hash: hash('kR7pXq2mZt9vBn4cLs8wDf6hJg3yTa5e') },
  ])
  expect(keys[0]?.metadata).toEqual({ tags: 'user-level,low-priority' })
})

test('what is changed or left is told', async () => {
  const { left, warnings } = await imported('kong', DECK)
  expect(left).toEqual([{ where: 'row 4 (web-app)', why: 'its key is a reference to somewhere else' }])
  expect(warnings).toEqual([
    {
      where: 'row 2 (mobile-app (2))',
      why: 'its name is changed: names are unique, 1 to 100 visible characters',
    },
    {
      where: 'row 3 (web-app)',
      why: 'its token has 77 bits at most, fewer than 128: it ends at 2026-08-30T00:00:00.000Z',
    },
    {
      where: 'row 5 (web-app (2))',
      why: 'its name is changed: names are unique, 1 to 100 visible characters',
    },
    { where: '4 keys', why: 'the source does not say what they may do: they are read-only' },
  ])
})

test('an answer of the admin API names consumers by their id', async () => {
  const { keys, warnings } = await imported('kong', fixture('kong-key-auths.json'))
  expect(keys).toMatchObject([
    { owner: '59d1ef15-24a5-4373-b957-e8192c15ff6e', createdAt: 1_734_329_245, expiresAt: 'never' },
  ])
  expect(warnings.map(({ why }) => why)).toContain(
    "they are called after their consumer's id: the export does not tell its name",
  )
})

test('what the keys may do can be said', async () => {
  const grant = { type: 'custom', permissions: ['orders.*'] } as const
  const { keys } = await imported('kong', fixture('kong-key-auths.json'), { grant })
  expect(keys).toMatchObject([{ type: 'custom', permissions: ['orders.*'] }])
})

test('the entry fits every key that was taken', async () => {
  const { shape = '' } = await entryAfter('kong', DECK)
  for (const token of [
    'IL1deIyHyQA40WpeLeA1bIUXuvTwlGjo',
    'mobile-api-key-123',
    '4174348a-9222-4e81-b33e-5d72d2fd7f1e',
  ]) {
    expect(token).toMatch(new RegExp(shape, 'u'))
  }
})

test('YAML is refused, with the way to JSON', async () => {
  await expect(imported('kong', '_format_version: "3.0"\nconsumers:\n- username: a\n')).rejects.toThrow(/--format json/)
})

test('a text that is the whole file is read as its parsed JSON is', async () => {
  expect(await imported('kong', fixtureText('kong-deck.json'))).toEqual(await imported('kong', DECK))
})
