import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { awsCaller } from '../../src/lib/aws-call.ts'
import { dynamodb as countedInDynamodb } from '../../src/limiters/dynamodb.ts'
import type { Limiter, Store } from '../../src/model/ports.ts'
import { dynamodb } from '../../src/stores/dynamodb.ts'

const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))
const dynalite = require('dynalite') as (options: object) => Server
const TABLE = JSON.parse(readFileSync(new URL('../../migrations/dynamodb/table.json', import.meta.url), 'utf8')) as {
  TableName: string
}
const REGION = 'eu-central-1'
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'the-token-of-this-test' }

/** Tables of DynamoDB, as dynalite keeps them. */
export interface DynamodbTables {
  readonly url: string
  /** What a Lambda function finds in its environment beside the name of a table. */
  variables(url: string): Readonly<Record<string, string>>
  storeOf(table: string): Store
  limiterOf(table: string): Limiter
  stop(): Promise<void>
}

/** Starts dynalite with tables as the migration describes them. */
export async function dynamodbTables(names: readonly string[]): Promise<DynamodbTables> {
  const server = dynalite({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const options = { region: REGION, endpoint: url, credentials: () => CREDENTIALS }
  const call = awsCaller({
    ...options,
    ...{ service: 'dynamodb', target: 'DynamoDB_20120810', jsonVersion: '1.0', patienceMilliseconds: 5000 },
  })
  for (const name of names) {
    await call('CreateTable', { ...TABLE, TableName: name })
    const status = async () => (await call('DescribeTable', { TableName: name })).body as unknown as Described
    while ((await status()).Table.TableStatus !== 'ACTIVE') await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    url,
    variables: (endpoint) => ({
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_ENDPOINT_URL_DYNAMODB: endpoint,
    }),
    storeOf: (table) => dynamodb({ ...options, table }),
    limiterOf: (table) => countedInDynamodb({ ...options, table }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Described {
  readonly Table: { readonly TableStatus: string }
}
