import { MOST_BODY_BYTES } from '../../../src/http/keys/operations.ts'
import type { WithBody } from '../whole-event.ts'

/** What a request sends, and no more than is taken and one byte. */
export function bodyOf({ body, isBase64Encoded }: WithBody): Uint8Array {
  if (typeof body !== 'string') return new Uint8Array()
  return Buffer.from(body, isBase64Encoded === true ? 'base64' : 'utf8').subarray(0, MOST_BODY_BYTES + 1)
}
