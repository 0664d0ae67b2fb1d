import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import aws4 from 'aws4'
import { stamp } from '../../src/checked.ts'
import type { Reader } from '../../src/model/ports.ts'
import { dynamodb } from '../../src/stores/dynamodb.ts'
import { dynamodbOptions } from '../../src/stores/opening.ts'
import { lambdaBundles } from '../bundle.ts'
import { benchDocument, keysDocument, PEPPER, TOKEN } from '../document.ts'
import type { RunningTable } from '../dynamodb.ts'
import { startTable } from '../dynamodb.ts'
import { timed } from '../in-process.ts'
import type { IssuedKey } from '../keys.ts'
import { issue, keep } from '../keys.ts'
import { sdkReader } from '../lambda/sdk-store.mjs'
import type { Start } from '../lambda.ts'
import { coldStart, eventOf } from '../lambda.ts'
import type { Batch, Sample } from '../statistics.ts'
import { interleave, ratios, shuffled, toBaseline, toCase } from '../statistics.ts'
import type { Section } from '../table.ts'

const SIDES = ['static', 'same', 'keys', 'key', 'sdk'] as const
type Side = (typeof SIDES)[number]

const BUNDLES: Readonly<Record<Side, string>> = {
  static: 'static.mjs',
  same: 'static.mjs',
  keys: 'keys.mjs',
  key: 'keys.mjs',
  sdk: 'sdk.mjs',
}

const fileOf = (name: string) => fileURLToPath(new URL(`../lambda/${name}`, import.meta.url))

/** A key in DynamoDB, which runs on this machine: no network lies between. */
export async function run(rounds: number): Promise<Section[]> {
  const table = await startTable()
  try {
    const key = issue(1)
    const store = dynamodb(dynamodbOptions(table.name, table.variables))
    await keep(key, store)
    const readers = { own: store, sdk: sdkReader(table.name), bare: bareReader(table, key.entry.id) }
    return [await coldStarts(rounds, table, key), await lookUps(rounds, readers, key)]
  } finally {
    table.stop()
  }
}

/** As `lambda`: from the import of a bundle to its first decision, each time in a fresh process. */
async function coldStarts(rounds: number, table: RunningTable, key: IssuedKey): Promise<Section> {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-bench-'))
  try {
    const entries = { static: 'latchkey.ts', keys: 'latchkey-keys.ts', sdk: 'sdk-keys.ts' }
    const paths = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, fileOf(file)]))
    await lambdaBundles(paths, folder, {
      DOCUMENT: JSON.stringify(stamp(benchDocument(1))),
      KEYS_DOCUMENT: JSON.stringify(stamp(keysDocument())),
    })
    const variables = { ...table.variables, TOKEN_0: TOKEN, PEPPER, KEYS: `dynamodb:${table.name}` }
    const started: Record<Side, Start[]> = { static: [], same: [], keys: [], key: [], sdk: [] }
    // The first round only fills the disk's cache.
    for (let round = -1; round < rounds; round++) {
      for (const side of shuffled(SIDES)) {
        const event = eventOf(side === 'key' || side === 'sdk' ? key.token : TOKEN)
        const start = await coldStart(join(folder, BUNDLES[side]), event, variables)
        if (round >= 0) started[side].push(start)
      }
    }
    const over = (side: Side, other: Side = 'static', of: (start: Start) => Sample = (start) => start) =>
      ratios(started[side].map((own, round) => [of(own), of(started[other][round] as Start)]))
    return {
      title: 'issued keys on Lambda with DynamoDB, in fresh processes',
      rows: [
        { name: 'A/A: a static token, from the import of the bundle / the same', ...over('same') },
        { name: 'a static token where keys are issued too, from the import / one where none are', ...over('keys') },
        { name: 'a key, from the import with the read of its record / a static token', ...over('key') },
        {
          name: 'a key, from the import / the same with @aws-sdk/client-dynamodb',
          ...over('key', 'sdk'),
          budget: { limit: 'at most', value: 0.55 },
        },
        {
          name: 'a key in the calls after that / a static token',
          ...over('key', 'static', ({ warm }) => warm),
        },
      ],
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

const LOOK_UPS = 150

type Readers = Readonly<Record<'own' | 'sdk' | 'bare', Reader>>

/** Node's own HTTPS and nothing else: a request that was signed once is sent again. The floor below a look-up. */
function bareReader({ name, variables }: RunningTable, id: string): Reader {
  const { hostname, port, host } = new URL(variables['AWS_ENDPOINT_URL_DYNAMODB'] as string)
  const body = JSON.stringify({ TableName: name, Key: { id: { S: id } }, ConsistentRead: true })
  const [accessKeyId, secretAccessKey] = ['bench', 'bench']
  const fields = { 'X-Amz-Target': 'DynamoDB_20120810.GetItem', 'Content-Type': 'application/x-amz-json-1.0' }
  const asked = { service: 'dynamodb', region: 'eu-central-1', method: 'POST', host, path: '/', headers: fields, body }
  const { headers } = aws4.sign(asked, { accessKeyId, secretAccessKey })
  const options = { hostname, port, path: '/', method: 'POST', headers, agent: new Agent({ keepAlive: true }) }
  return {
    get: () =>
      new Promise((resolve, reject) => {
        const sent = request(options, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () => {
            const { Item } = JSON.parse(Buffer.concat(chunks).toString())
            resolve({ id, value: Item.value.S, version: Item.version.S })
          })
        })
        sent.on('error', reject).end(body)
      }),
  }
}

/** Each asks the table, over a connection that is kept; the CPU is that of the process which asks. */
async function lookUps(rounds: number, readers: Readers, { entry: { id, value } }: IssuedKey): Promise<Section> {
  for (const { get } of Object.values(readers)) {
    const found = await get(id)
    if (found?.value !== value) throw new Error('a reader has found something else')
  }
  const batch = (reader: Reader, inFlight: number): Batch => {
    return () => timed({ requests: LOOK_UPS, inFlight }, () => reader.get(id))
  }
  const { own, sdk, bare } = readers
  const measured = await interleave(
    batch(sdk, 1),
    { same: batch(sdk, 1), own: batch(own, 1), bare: batch(bare, 1), ownMany: batch(own, 8), sdkMany: batch(sdk, 8) },
    rounds,
  )
  const budget = { limit: 'at most', value: 0.2, by: 'cpu' } as const
  return {
    title: 'a look-up in DynamoDB, in a process that has made many',
    rows: [
      { name: 'A/A: by @aws-sdk/client-dynamodb / the same', ...toBaseline(measured, 'same') },
      { name: 'by Latchkey / by @aws-sdk/client-dynamodb', ...toBaseline(measured, 'own'), budget },
      { name: "by Node's own HTTPS, signed once / by @aws-sdk/client-dynamodb", ...toBaseline(measured, 'bare') },
      { name: 'by Latchkey / by @aws-sdk/client-dynamodb, 8 in flight', ...toCase(measured, 'ownMany', 'sdkMany') },
    ],
  }
}
