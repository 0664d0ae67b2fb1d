import { guard } from '../../dist/aws-guard.mjs'

/** A sample function that judges its own requests, by the document of its variable LATCHKEY_CONFIG: answers who called. */
export const handler = guard({})((_event, caller) => ({
  statusCode: 200,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ caller }),
}))
