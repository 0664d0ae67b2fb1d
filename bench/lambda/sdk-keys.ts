import type { AuthorizerHandler, LambdaKind } from '../../adapters/aws/index.ts'
import { apiKey, authorizer } from '../../adapters/aws/index.ts'
import type { CheckedDocument } from '../../src/checked.ts'
import type { Store } from '../../src/model/ports.ts'
import { sdkReader } from './sdk-store.mjs'

/** Written in by the bundler, as in latchkey.ts. */
declare const KEYS_DOCUMENT: CheckedDocument

const { get } = sdkReader(process.env['KEYS']?.replace('dynamodb:', '') ?? '')
const never = () => Promise.reject(new Error('nothing but reading is measured'))
const store: Store = { get, put: never, delete: never, list: never }
const bySdk: LambdaKind = {
  ...apiKey,
  parts: (variables, host) => ({ ...apiKey.parts?.(variables, host), openStore: () => store }),
}

/** The same authorizer with AWS's own client in the place of what signs and sends in Latchkey. */
export const handler: AuthorizerHandler = authorizer({
  document: KEYS_DOCUMENT,
  verifiers: [bySdk],
  sink: { write: () => undefined },
})
