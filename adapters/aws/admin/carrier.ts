import type { LambdaEvent } from 'hono/aws-lambda'
import type { Gate } from '../../../src/http/gate.ts'
import type { Access } from '../../../src/model/access.ts'
import type { Defer } from '../../../src/model/ports.ts'
import type { WholeEvent } from '../whole-event.ts'

/** A request as it was read out of its event, and what answers it. */
export interface Carried {
  readonly gate: Gate
  readonly access: Access
  readonly body: Uint8Array
  readonly defer: Defer
}

/** What Hono's adapter takes for an event, with what it is really about. */
export type Carrier = LambdaEvent & { readonly carried: Carried }

/**
 * An event for Hono's adapter that has nothing of the client's in it: it makes a `Request` of what it is given, and what
 * such a one cannot hold it would answer itself, and print. Only how it writes its reply depends on the event.
 */
export function carrierOf(event: WholeEvent, carried: Carried): Carrier {
  const method = carried.access.method === 'HEAD' ? 'HEAD' : 'GET'
  const common = { headers: {}, body: null, isBase64Encoded: false }
  if (event.version === '2.0') {
    const requestContext = { domainName: 'localhost', http: { method } }
    return {
      version: '2.0',
      rawPath: '/',
      rawQueryString: '',
      ...common,
      requestContext,
      carried,
    } as unknown as Carrier
  }
  const multiValueHeaders = event.multiValueHeaders ? {} : undefined
  const requestContext = { domainName: 'localhost' }
  return { httpMethod: method, path: '/', ...common, multiValueHeaders, requestContext, carried } as unknown as Carrier
}
