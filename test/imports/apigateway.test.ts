import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { entryAfter, fixture, imported } from './given.ts'

const VALUE = 'kX7mQ2vT9bN4cL8sD6fH3jY5gR1wZ0pEaUiOeKtM'
/** Its id is its value, as API Gateway once made them. */
const OLD = '8bklk8bl1k3sB38D9B3l0enyWT8c09B30lkq0blk'
const hash = (token: string) => createHash('sha256').update(token).digest('hex')

test('keys with their values are hashed', async () => {
  const { keys } = await imported('apigateway', fixture('apigateway.json'))
  expect(keys).toEqual([
    {
      name: 'My key',
      description: 'My first key',
      type: 'read-only',
      owner: 'acme',
      createdAt: 1_456_167_652,
      expiresAt: 'never',
      metadata: { origin: 'apigateway a1b2c3d4e5', team: 'payments' },
      scheme: 'sha256',
      hash: hash(VALUE),
    },
    {
      name: 'Old key',
      type: 'read-only',
      createdAt: 1_456_184_452,
      expiresAt: 'never',
      scheme: 'sha256',
      hash: hash(OLD),
      suspended: true,
    },
  ])
})

test('an id that is the value is told nowhere', async () => {
  const report = await imported('apigateway', fixture('apigateway.json'))
  expect(JSON.stringify(report)).not.toContain(OLD)
})

test('a key without its value is left, and what stages and plans allow is told to be lost', async () => {
  const { left, warnings } = await imported('apigateway', fixture('apigateway.json'))
  expect(left).toEqual([
    { where: 'row 3 (Without its value)', why: 'the export does not hold its value: --include-values' },
  ])
  expect(warnings).toContainEqual({
    where: '1 key',
    why: 'the stages and usage plans that they belong to are not taken: they pass wherever their type and permissions do',
  })
})

test('the entry is made of the values that were seen', async () => {
  const { shape = '' } = await entryAfter('apigateway', fixture('apigateway.json'))
  expect(shape).toBe('^[0-9A-Za-z]{40}$')
})

test('what is no answer of get-api-keys is refused as a whole', async () => {
  await expect(imported('apigateway', { keys: [] })).rejects.toThrow('an object with "items"')
})
