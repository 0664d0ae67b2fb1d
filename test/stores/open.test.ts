import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openStore } from '../../adapters/node/stores.ts'
import { WRITTEN } from './contract.ts'
import type { TestServer } from './server.ts'
import { testServer } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'latchkey-open-'))
const servers: TestServer[] = []

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await Promise.all(servers.map((server) => server.stop()))
})

/** A server that tells what it was asked. */
async function asked(answer: object): Promise<{ url: string; seen: unknown[] }> {
  const seen: unknown[] = []
  const server = await testServer((incoming, outgoing) => {
    const { authorization = '', 'x-amz-target': target } = incoming.headers
    seen.push(target ?? `${incoming.url} ${authorization}`)
    outgoing.end(JSON.stringify(answer))
  })
  servers.push(server)
  return { url: server.url, seen }
}

describe('openStore', () => {
  it('opens a memory', async () => {
    const store = await openStore('memory:', {})
    expect(await store.put('key:a', 'one')).toEqual(WRITTEN)
  })

  it('opens a file by its path', async () => {
    const store = await openStore(`sqlite:${join(folder, 'with:colon.db')}`, {})
    expect(await store.put('key:a', 'one')).toEqual(WRITTEN)
    store.close?.()
  })

  it('opens a DynamoDB table with the variables of AWS', async () => {
    const { url, seen } = await asked({})
    const variables = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
      AWS_ENDPOINT_URL: url,
    }
    await (await openStore('dynamodb:latchkey', variables)).get('key:a')
    expect(seen).toEqual(['DynamoDB_20120810.GetItem'])
  })

  it.each(['', 'named'])('opens Upstash with the variables of Upstash (%s)', async (where) => {
    const { url, seen } = await asked({ result: null })
    const variables = { UPSTASH_REDIS_REST_TOKEN: 'the-token', ...(where === '' && { UPSTASH_REDIS_REST_URL: url }) }
    await (await openStore(`upstash:${where && url}`, variables)).get('key:a')
    expect(seen).toEqual(['/ Bearer the-token'])
  })

  it.each(['', 'named'])('opens a Global Config with the variables of Vercel (%s)', async (where) => {
    const { url, seen } = await asked({ value: 'one', version: '1' })
    const connection = `${url}/ecfg_x?token=the-token`
    const store = await openStore(`global-config:${where && connection}`, where ? {} : { GLOBAL_CONFIG: connection })
    expect(await store.get('key:a')).toMatchObject({ value: 'one' })
    expect(seen).toEqual(['/ecfg_x/item/key_3aa?version=1 Bearer the-token'])
  })

  it.each<[text: string, says: RegExp]>([
    ['', /a store is memory: or/],
    ['the-token', /a store is memory: or/],
    ['redis://the-token@host', /a store is memory: or/],
    ['constructor:the-token', /a store is memory: or/],
    ['sqlite:', /name a file/],
    ['dynamodb:', /name a table/],
    ['dynamodb:latchkey', /set AWS_REGION or AWS_DEFAULT_REGION/],
    ['upstash:https://the-token.example', /set UPSTASH_REDIS_REST_TOKEN/],
    ['upstash:', /set UPSTASH_REDIS_REST_URL/],
    ['global-config:', /set GLOBAL_CONFIG or EDGE_CONFIG/],
    ['global-config:https://host/x?the-token', /connection string/],
  ])('refuses %o, says what is missing, and repeats nothing of it', async (text, says) => {
    const refused = { trouble: 'refused', message: expect.stringMatching(says) }
    await expect(openStore(text, {})).rejects.toMatchObject(refused)
    await expect(openStore(text, {})).rejects.not.toThrow(/the-token/)
  })

  it('says which credential of AWS is missing', async () => {
    const store = await openStore('dynamodb:latchkey', {
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: 'http://localhost:1',
    })
    await expect(async () => store.get('key:a')).rejects.toThrow('set AWS_ACCESS_KEY_ID')
  })
})
