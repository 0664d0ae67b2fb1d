import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsCaller } from '../../src/lib/aws-call.ts'
import type { Entry } from '../../src/model/ports.ts'
import { dynamodb } from '../../src/stores/dynamodb.ts'
import type { Faulty } from './contract.ts'
import { clockFromNow, storeContract, WRITTEN } from './contract.ts'
import type { TestServer } from './server.ts'
import { bodyOf, NOBODY, testServer } from './server.ts'

const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))
const dynalite = require('dynalite') as (options: object) => Server
const TABLE = JSON.parse(readFileSync(new URL('../../migrations/dynamodb/table.json', import.meta.url), 'utf8')) as {
  TableName: string
}

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-token', sessionToken: 'the-token-too' }
const OPTIONS = { table: TABLE.TableName, region: 'eu-central-1', credentials: () => CREDENTIALS }

const servers: TestServer[] = []

/** What AWS answers and dynalite never does. */
async function answering(status: number, type: string): Promise<TestServer> {
  const server = await testServer((_, outgoing) => {
    outgoing.writeHead(status).end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}` }))
  })
  servers.push(server)
  return server
}

describe('dynamodb', () => {
  let server: Server
  let endpoint: string

  const call = (operation: string, input: unknown) =>
    awsCaller({
      ...{ service: 'dynamodb', target: 'DynamoDB_20120810', jsonVersion: '1.0', patienceMilliseconds: 5000 },
      ...{ region: OPTIONS.region, endpoint, credentials: OPTIONS.credentials },
    })(operation, input)

  beforeAll(async () => {
    server = dynalite({ createTableMs: 0 })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await call('CreateTable', TABLE)).status).toBe(200)
    const status = async () =>
      ((await call('DescribeTable', { TableName: OPTIONS.table })).body as unknown as Described).Table.TableStatus
    while ((await status()) !== 'ACTIVE') await new Promise((resolve) => setImmediate(resolve))
  })
  afterAll(async () => {
    await Promise.all(servers.map((each) => each.stop()))
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  })

  storeContract(
    async () => {
      const clock = clockFromNow()
      const options = { ...OPTIONS, endpoint, now: () => clock.at }
      const faulty = (at: string, patienceMilliseconds = 5000): Faulty => ({
        store: dynamodb({ ...options, endpoint: at, patienceMilliseconds }),
        mend: async () => undefined,
      })
      return {
        store: dynamodb(options),
        other: dynamodb(options),
        clock,
        faults: {
          down: async () => faulty(NOBODY),
          slow: async () => {
            const silent = await testServer(() => undefined)
            servers.push(silent)
            return faulty(silent.url, 20)
          },
          busy: async () => faulty((await answering(400, 'ProvisionedThroughputExceededException')).url),
        },
        stop: async () => undefined,
      }
    },
    { 'tells that it is full, and reads on': 'a table has no size that it could reach' },
  )

  it.each([
    [400, 'ResourceNotFoundException', 'refused'],
    [400, 'AccessDeniedException', 'refused'],
    [400, 'UnrecognizedClientException', 'refused'],
    [400, 'ThrottlingException', 'busy'],
    [400, 'RequestLimitExceeded', 'busy'],
    [400, 'ItemCollectionSizeLimitExceededException', 'full'],
    [500, 'InternalServerError', 'down'],
  ])('takes a %i %s for %s', async (status, type, trouble) => {
    const store = dynamodb({ ...OPTIONS, endpoint: (await answering(status, type)).url })
    await expect(store.put('key:a', 'value')).rejects.toMatchObject({ trouble, message: `dynamodb: ${type}` })
  })

  it('says that there is no such table', async () => {
    const store = dynamodb({ ...OPTIONS, endpoint, table: 'none' })
    await expect(async () => store.get('key:a')).rejects.toMatchObject({
      trouble: 'refused',
      message: 'dynamodb: ResourceNotFoundException',
    })
  })

  it('signs each call with what the role gives then', async () => {
    const seen: unknown[] = []
    const origin = await testServer((incoming, outgoing) => {
      const { authorization, 'x-amz-security-token': session, 'x-amz-target': target } = incoming.headers
      seen.push([String(authorization).split(/[ ,]+/)[1], session, target])
      outgoing.end('{}')
    })
    servers.push(origin)
    let turn = 0
    const credentials = async () => ({
      accessKeyId: `AKID${++turn}`,
      secretAccessKey: 'x',
      sessionToken: `session ${turn}`,
    })
    const store = dynamodb({ ...OPTIONS, endpoint: origin.url, credentials })
    await store.get('key:a')
    await store.get('key:a')
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '')
    expect(seen).toEqual(
      [1, 2].map((n) => [
        `Credential=AKID${n}/${day}/eu-central-1/dynamodb/aws4_request`,
        `session ${n}`,
        'DynamoDB_20120810.GetItem',
      ]),
    )
  })

  it('asks for consistent reads over one connection that is kept', async () => {
    const reads: unknown[] = []
    const sockets = new Set<unknown>()
    const origin = await testServer(async (incoming, outgoing) => {
      sockets.add(incoming.socket)
      reads.push((JSON.parse(await bodyOf(incoming)) as { ConsistentRead: unknown }).ConsistentRead)
      outgoing.end('{}')
    })
    servers.push(origin)
    const store = dynamodb({ ...OPTIONS, endpoint: origin.url })
    for (let n = 0; n < 3; n++) await store.get('key:a')
    expect([reads, sockets.size]).toEqual([[true, true, true], 1])
  })

  it('repeats what a connection that was kept has lost, and takes its own write for done', async () => {
    let isLost = false
    const proxy = await testServer(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      const { connection: _, ...headers } = incoming.headers as Record<string, string>
      const answer = await fetch(endpoint, {
        method: 'POST',
        headers: without(headers, 'host', 'content-length'),
        body,
      })
      const text = await answer.text()
      // The write is done, but nobody hears of it.
      if (isLost) incoming.socket.resetAndDestroy()
      else outgoing.writeHead(answer.status).end(text)
      isLost = false
    })
    servers.push(proxy)
    const store = dynamodb({ ...OPTIONS, endpoint: proxy.url })
    expect(await store.put('lost:a', 'one', { ifVersion: null })).toEqual(WRITTEN)
    isLost = true
    expect(await store.put('lost:b', 'two', { ifVersion: null })).toEqual(WRITTEN)
    isLost = true
    expect(await store.put('lost:b', 'three', { ifVersion: null })).toBe('conflict')
    const { version } = (await store.get('lost:b')) as Entry
    isLost = true
    expect(await store.delete('lost:b', { ifVersion: 'another' })).toBe('conflict')
    expect(await store.get('lost:b')).toMatchObject({ value: 'two' })
    isLost = true
    expect(await store.delete('lost:b', { ifVersion: version })).toBe('deleted')
    expect(await store.get('lost:b')).toBeUndefined()
  })

  it('asks again for what DynamoDB has left out of a page', async () => {
    let turns = 0
    const origin = await testServer(async (incoming, outgoing) => {
      const target = String(incoming.headers['x-amz-target'])
      const input = JSON.parse(await bodyOf(incoming)) as { RequestItems?: Record<string, { Keys: Item[] }> }
      const keys = input.RequestItems?.[OPTIONS.table]?.Keys ?? []
      if (target.endsWith('Query')) return outgoing.end(JSON.stringify({ Items: ['a', 'b', 'c'].map(keysOf) }))
      turns++
      const left = keys.slice(1)
      const full = keys.slice(0, 1).map((key) => ({ ...key, value: { S: '' }, version: { S: '1' } }))
      const rest = left.length > 0 ? { [OPTIONS.table]: { Keys: left } } : {}
      return outgoing.end(JSON.stringify({ Responses: { [OPTIONS.table]: full }, UnprocessedKeys: rest }))
    })
    servers.push(origin)
    const { items } = await dynamodb({ ...OPTIONS, endpoint: origin.url }).list({ prefix: 'key:', limit: 3 })
    expect([items.map(({ id }) => id), turns]).toEqual([['key:a', 'key:b', 'key:c'], 3])
  })

  it('keeps the attribute that DynamoDB itself removes entries by', async () => {
    await dynamodb({ ...OPTIONS, endpoint }).put('key:ttl', 'value', { expiresAt: 1_900_000_000.5 })
    const { body } = await call('GetItem', { TableName: OPTIONS.table, Key: { id: { S: 'key:ttl' } } })
    expect(body).toMatchObject({ Item: { gone: { N: '1900000001' } } })
  })
})

interface Described {
  readonly Table: { readonly TableStatus: string }
}

type Item = Record<string, { S: string }>

function keysOf(rest: string): Item {
  return { id: { S: `key:${rest}` }, family: { S: 'key:' } }
}

function without(headers: Record<string, string>, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)))
}
