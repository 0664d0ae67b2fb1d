import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dynamodbCaller } from '../../src/lib/dynamodb-call.ts'
import { dynamodb } from '../../src/limiters/dynamodb.ts'
import { dynamodb as store } from '../../src/stores/dynamodb.ts'
import type { TestServer } from '../stores/server.ts'
import { bodyOf, NOBODY, testServer } from '../stores/server.ts'
import { limiterContract } from './contract.ts'

const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))
const dynalite = require('dynalite') as (options: object) => Server
const TABLE = JSON.parse(readFileSync(new URL('../../migrations/dynamodb/table.json', import.meta.url), 'utf8')) as {
  TableName: string
}

const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-token' }
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

const quota = (id: string, requests = 9) => ({ id, requests, startsAt: 0, endsAt: 60 })

describe('dynamodb', () => {
  let server: Server
  let endpoint: string

  const call = (operation: string, input: unknown) =>
    dynamodbCaller({ region: OPTIONS.region, endpoint, credentials: OPTIONS.credentials, patienceMilliseconds: 5000 })(
      operation,
      input,
    )

  /** The operations that a limiter asks for, on their way to DynamoDB. */
  async function watched(): Promise<{ url: string; seen: string[] }> {
    const seen: string[] = []
    const proxy = await testServer(async (incoming, outgoing) => {
      const body = await bodyOf(incoming)
      const { 'x-amz-target': target, authorization, 'x-amz-date': date } = incoming.headers as Record<string, string>
      const { Key, UpdateExpression = '' } = JSON.parse(body) as {
        Key: { id: { S: string } }
        UpdateExpression: string
      }
      seen.push(`${target?.split('.')[1]} ${Key.id.S} ${UpdateExpression.split('ADD ')[1] ?? ''}`.trim())
      const headers = {
        'Content-Type': 'application/x-amz-json-1.0',
        'X-Amz-Target': target as string,
        'X-Amz-Date': date as string,
        Authorization: authorization as string,
      }
      const answer = await fetch(endpoint, { method: 'POST', headers, body })
      outgoing.writeHead(answer.status).end(await answer.text())
    })
    servers.push(proxy)
    return { url: proxy.url, seen }
  }

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

  limiterContract(async () => {
    const faulty = (at: string, patienceMilliseconds = 5000) => ({
      limiter: dynamodb({ ...OPTIONS, endpoint: at, patienceMilliseconds }),
      mend: async () => undefined,
    })
    return {
      limiter: dynamodb({ ...OPTIONS, endpoint }),
      other: dynamodb({ ...OPTIONS, endpoint }),
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
  })

  it('asks once for each quota, the last one first, and gives back where one is used up', async () => {
    const { url, seen } = await watched()
    const limiter = dynamodb({ ...OPTIONS, endpoint: url })
    const quotas = [quota('owner:a/60s'), quota('key:b/60s', 1), quota('key:b/month')]
    await limiter.take(quotas, 0)
    expect(seen).toEqual([
      'UpdateItem counter:key:b/month@0 #used :one',
      'UpdateItem counter:key:b/60s@0 #used :one',
      'UpdateItem counter:owner:a/60s@0 #used :one',
    ])
    seen.length = 0
    expect(await limiter.take(quotas, 0)).toEqual({ allowed: false, remaining: [8, 0, 8] })
    expect(seen.slice(0, 2)).toEqual([
      'UpdateItem counter:key:b/month@0 #used :one',
      'UpdateItem counter:key:b/60s@0 #used :one',
    ])
    expect(seen.slice(2).toSorted()).toEqual([
      'GetItem counter:owner:a/60s@0',
      'UpdateItem counter:key:b/month@0 #used :minus',
    ])
  })

  it('keeps a counter as an item without a family, which no listing of the store has', async () => {
    await dynamodb({ ...OPTIONS, endpoint }).take([quota('key:item/60s')], 0)
    const { body } = await call('GetItem', { TableName: OPTIONS.table, Key: { id: { S: 'counter:key:item/60s@0' } } })
    expect(body).toEqual({ Item: { id: { S: 'counter:key:item/60s@0' }, used: { N: '1' }, gone: { N: '120' } } })
    const entries = store({ ...OPTIONS, endpoint })
    expect((await entries.list({ prefix: 'counter:', limit: 100 })).items).toEqual([])
  })

  it.each([
    [400, 'ResourceNotFoundException', 'refused'],
    [400, 'AccessDeniedException', 'refused'],
    [400, 'ThrottlingException', 'busy'],
    [500, 'InternalServerError', 'down'],
  ])('takes a %i %s for %s', async (status, type, trouble) => {
    const limiter = dynamodb({ ...OPTIONS, endpoint: (await answering(status, type)).url })
    const take = async () => limiter.take([quota('key:a/60s')], 0)
    await expect(take).rejects.toMatchObject({ trouble, message: `dynamodb: ${type}` })
  })
})

interface Described {
  readonly Table: { readonly TableStatus: string }
}
