import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { stamp } from '../../src/checked.ts'
import { dynamodbCaller } from '../../src/lib/dynamodb-call.ts'
import { dynamodb } from '../../src/stores/dynamodb.ts'
import { dynamodbOptions } from '../../src/stores/opening.ts'
import { lambdaBundles } from '../bundle.ts'
import { benchDocument, keysDocument, PEPPER, TOKEN } from '../document.ts'
import { issue, keep } from '../keys.ts'
import type { Start } from '../lambda.ts'
import { coldStart, eventOf } from '../lambda.ts'
import type { Sample } from '../statistics.ts'
import { ratios, shuffled } from '../statistics.ts'
import type { Section } from '../table.ts'

const SIDES = ['static', 'same', 'keys', 'key'] as const
type Side = (typeof SIDES)[number]

const fileOf = (name: string) => fileURLToPath(new URL(`../lambda/${name}`, import.meta.url))

/** A key in DynamoDB, which runs on this machine: no network lies between. As `lambda`, each time in a fresh process. */
export async function run(rounds: number): Promise<Section[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  const table = await startTable()
  try {
    await lambdaBundles({ static: fileOf('latchkey.ts'), keys: fileOf('latchkey-keys.ts') }, folder, {
      DOCUMENT: JSON.stringify(stamp(benchDocument(1))),
      KEYS_DOCUMENT: JSON.stringify(stamp(keysDocument())),
    })
    const key = issue(1)
    await keep(key, dynamodb(dynamodbOptions(TABLE.TableName, table.variables)))
    const variables = { ...table.variables, TOKEN_0: TOKEN, PEPPER, KEYS: `dynamodb:${TABLE.TableName}` }
    const started: Record<Side, Start[]> = { static: [], same: [], keys: [], key: [] }
    // The first round only fills the disk's cache.
    for (let round = -1; round < rounds; round++) {
      for (const side of shuffled(SIDES)) {
        const bundle = join(folder, side === 'keys' || side === 'key' ? 'keys.mjs' : 'static.mjs')
        const start = await coldStart(bundle, eventOf(side === 'key' ? key.token : TOKEN), variables)
        if (round >= 0) started[side].push(start)
      }
    }
    const over = (side: Side, of: (start: Start) => Sample = (start) => start) =>
      ratios(started[side].map((own, round) => [of(own), of(started.static[round] as Start)]))
    return [
      {
        title: 'issued keys on Lambda with DynamoDB, in fresh processes',
        rows: [
          { name: 'A/A: a static token, from the import of the bundle / the same', ...over('same') },
          { name: 'a static token where keys are issued too, from the import / one where none are', ...over('keys') },
          { name: 'a key, from the import with the read of its record / a static token', ...over('key') },
          { name: 'a key in the calls after that / a static token', ...over('key', ({ warm }) => warm) },
        ],
      },
    ]
  } finally {
    await table.stop()
    await rm(folder, { recursive: true })
  }
}

const TABLE = JSON.parse(readFileSync(new URL('../../migrations/dynamodb/table.json', import.meta.url), 'utf8')) as {
  readonly TableName: string
}

/** A table of dynalite, and the variables by which a function finds it. */
async function startTable() {
  const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))
  const server = (require('dynalite') as (options: object) => Server)({ createTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const variables = {
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  }
  const { table, ...options } = dynamodbOptions(TABLE.TableName, variables)
  const call = dynamodbCaller({ ...options, endpoint: options.endpoint, patienceMilliseconds: 5000 })
  await call('CreateTable', TABLE)
  const isActive = async () => {
    const { body } = await call('DescribeTable', { TableName: table })
    return (body as { Table?: { TableStatus?: string } }).Table?.TableStatus === 'ACTIVE'
  }
  while (!(await isActive())) await setTimeout(10)
  return {
    variables,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
