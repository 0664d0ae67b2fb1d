import type { Reader } from '../../src/model/ports.ts'

/** Reads entries of a table by `@aws-sdk/client-dynamodb`, as its documentation says: one client, made at the start. */
export function sdkReader(table: string): Reader
