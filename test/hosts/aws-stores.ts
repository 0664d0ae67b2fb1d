import { afterAll, beforeAll, vi } from 'vitest'
import { NOBODY } from '../stores/server.ts'
import type { DynamodbTables } from './dynamodb-tables.ts'
import { dynamodbTables } from './dynamodb-tables.ts'
import { seed } from './seed.ts'
import type { Vector } from './vector.ts'

/** Puts into the environment of a Lambda function what a row's store is found by. */
export type StubStore<Shape extends string> = (vector: Vector, shape: Shape) => void

/**
 * DynamoDB with what all rows begin with, as long as a test file runs: a table for each shape in which a row is sent, as
 * what one of them counts must be nothing to another.
 */
export function awsStores<Shape extends string>(rows: readonly Vector[], shapes: readonly Shape[]): StubStore<Shape> {
  let tables: DynamodbTables
  beforeAll(async () => {
    tables = await dynamodbTables(shapes)
    for (const shape of shapes) await seed(rows, tables.storeOf(shape), tables.limiterOf(shape))
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await tables?.stop()
  })
  return ({ document, store }, shape) => {
    const variables = tables.variables(store?.is === 'down' ? NOBODY : tables.url)
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
    if (document.store) vi.stubEnv(document.store.binding, store?.is === 'absent' ? undefined : `dynamodb:${shape}`)
  }
}
