import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { dynamodbCaller } from '../src/lib/dynamodb-call.ts'
import { dynamodbOptions } from '../src/stores/opening.ts'
import { start } from './child.ts'

/** A table of the keys, and the variables by which a function finds it. */
export interface RunningTable {
  readonly name: string
  readonly variables: Readonly<Record<string, string>>
  stop(): void
}

const TABLE = JSON.parse(readFileSync(new URL('../migrations/dynamodb/table.json', import.meta.url), 'utf8')) as {
  readonly TableName: string
}

/** Starts DynamoDB with a table as the migration describes it. Its certificate is one that nobody has signed. */
export async function startTable(): Promise<RunningTable> {
  const child = start<{ port: number }>('dynamodb.ts')
  const variables = {
    AWS_ENDPOINT_URL_DYNAMODB: `https://127.0.0.1:${(await child.next()).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_NO_WARNINGS: '1',
  }
  Object.assign(process.env, variables)
  const { table, ...options } = dynamodbOptions(TABLE.TableName, variables)
  const call = dynamodbCaller({ ...options, endpoint: options.endpoint, patienceMilliseconds: 5000 })
  await call('CreateTable', TABLE)
  const isActive = async () => {
    const { body } = await call('DescribeTable', { TableName: table })
    return (body as { Table?: { TableStatus?: string } }).Table?.TableStatus === 'ACTIVE'
  }
  while (!(await isActive())) await setTimeout(10)
  return { name: table, variables, stop: child.stop }
}
