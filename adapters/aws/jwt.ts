import { equipmentOf } from '../../src/equipment.ts'
import { jwtBy } from '../../src/jwt.ts'
import type { Reading } from '../../src/key-sets/reading.ts'
import { signatureByNode } from '../../src/key-sets/signature-by-node.ts'
import { inTime } from '../../src/lib/in-time.ts'
import type { LambdaKind } from './api-key.ts'

/** How long a request waits for the keys of an issuer, his metadata included: docs/aws.md adds up what one waits for. */
const PATIENCE_MILLISECONDS = 3000

const kind = jwtBy({ reading, runsLater: false, isSigned: signatureByNode })

/** JSON Web Tokens in a Lambda function. */
export const jwt: LambdaKind = { ...kind, together: equipmentOf }

async function reading(): Promise<Reading> {
  const { keySetOf, secretKeys, published } = await import('../../src/key-sets/reading-by-http.ts')
  return {
    keySetOf,
    secretKeys,
    published(publication, algorithms) {
      const ask = published(publication, algorithms)
      return (known, at) => inTime(ask(known, at), PATIENCE_MILLISECONDS)
    },
  }
}
