import { afterAll, beforeAll, expect, test } from 'vitest'
import { INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import type { ProxyName } from '../../scripts/ensure-proxies.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import type { Reason } from '../../src/model/reason.ts'
import { REASONS } from '../../src/model/reason.ts'
import { IDENTITY_NAMES } from '../given/identity.ts'
import type { Points } from '../proxies/points.ts'
import { points } from '../proxies/points.ts'
import type { RunningProxy } from '../proxies/proxy.ts'
import { dialectOf, startProxy } from '../proxies/proxy.ts'
import type { Observed, Received } from './compare.ts'
import { differences, fieldOf } from './compare.ts'
import { fieldsDiffer } from './differ.ts'
import { noSecretIn } from './leaks.ts'
import { localAddress } from './local-address.ts'
import type { RecordingOrigin } from './node-gates.ts'
import { nodeGates, recordingOrigin } from './node-gates.ts'
import { exchange, wireText } from './node-wire.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'

/** What is a proxy's own way: both in words, undefined where there is nothing to say. */
export interface Ways {
  /** Why it cannot run a row. */
  readonly cannotExpress: (vector: Vector) => string | undefined
  /** How it sends another request on than it received: then all that counts is that it was judged as it arrives. */
  readonly mends: (vector: Vector) => string | undefined
}

/** The decision table before an origin that a real proxy guards: the Node gate's `verify` decides. */
export function proxyTable(name: ProxyName, { cannotExpress, mends }: Ways): void {
  const table = vectors()
  let origin: RecordingOrigin
  let gates: Awaited<ReturnType<typeof nodeGates>>
  let asked: Points
  let proxy: RunningProxy

  beforeAll(async () => {
    origin = await recordingOrigin()
    gates = await nodeGates(origin.url, table)
    asked = await points()
    proxy = await startProxy(name, { gate: asked.port, origin: Number(new URL(origin.url).port), secret: SECRET })
  }, INSTALL_MILLISECONDS)

  afterAll(async () => {
    await proxy?.stop()
    await asked?.close()
    await gates?.close()
    await origin?.close()
  })

  for (const vector of table) {
    test(vector.name, async (context) => {
      const reason = skipReason(vector, name, (each) => notThroughAProxy(each) ?? cannotExpress(each))
      if (reason !== undefined) return context.skip(reason)
      const observed = await observe(vector)
      noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
      expect([...misjudged(observed), ...schemeDiffers(vector, observed)]).toEqual([])
      const mended = mends(vector)
      if (mended !== undefined) return context.skip(mended)
      if (isOwnRefusal(observed)) expect([vector.expect.outcome, observed.origin]).toEqual(['refused', undefined])
      else expect(differences(throughProxy(vector, name), observed)).toEqual([])
    })
  }

  async function observe(vector: Vector): Promise<Observed> {
    const { running, events } = await gates.gateOf(behindProxy(vector, name), false)
    asked.to(Number(new URL(running.url).port))
    const before = events.length
    const isTls = vector.request.scheme === 'https'
    const port = isTls ? proxy.tlsPort : proxy.port
    const endpoint = { port, isTls, localAddress: localAddress(vector) as string }
    const reply = await exchange(endpoint, wireText(vector), vector.request.method)
    // Under a faulty document nobody reads what is described.
    const told = vector.expect.reason === 'not-configured' ? undefined : events.slice(before)
    return { ...reply, origin: withEmptyFields(origin.take(), name), events: told }
  }
}

const SECRET = 'the-secret-of-this-proxy'

/** Why no reverse proxy asks about such a request, or why the row is about something else. */
function notThroughAProxy(vector: Vector): string | undefined {
  const { document, expect: expected, file } = vector
  if (document.proxies) return 'the row has proxies of its own'
  if (document.base !== undefined) return 'the file that is shipped asks at the usual base'
  if (document.origin) return "what the origin is told beside the caller is the proxy's own"
  if (vector.skip.node !== undefined) return vector.skip.node
  if (expected.outcome === 'latchkey' && document.addresses) return 'behind verify no endpoint is exempt from addresses'
  if (expected.outcome === 'refused' && isGrpc(vector) && typeof document.refusals === 'object') {
    return 'gRPC hides the status that the row is about'
  }
  if (isMorePreflight(vector))
    return 'verify holds no preflight to what one is made of: the files that are shipped refuse each'
  if (localAddress(vector) === undefined) return 'no socket of this machine has its address'
  if (file === 'faulty' && expected.reason !== 'not-configured') return 'a faulty document judges for no proxy'
  return undefined
}

/** A preflight with a body, of which no proxy tells, or with fields that only the inline gate takes away. */
function isMorePreflight({ request, expect: expected }: Vector): boolean {
  const has = (pattern: RegExp) => request.headers.some(([name]) => pattern.test(name))
  if (request.method !== 'OPTIONS' || !has(/^access-control-request-method$/i)) return false
  const isCleaned = Object.entries(expected.origin?.headers ?? {}).some(
    ([name, value]) => value === null && name !== 'authorization',
  )
  return isCleaned || (expected.outcome === 'refused' && has(/^(?:content-length|transfer-encoding)$/i))
}

/** What was judged is what arrived: method and path, whatever the row is about. */
function misjudged({ origin, events }: Observed): string[] {
  const [event] = (events ?? []).filter((each) => each.type === 'decision')
  if (origin === undefined || event === undefined) return []
  const judged = `${event.method} ${event.path}`
  const served = `${origin.method} ${origin.target.split('?')[0]}`
  return judged === served && event.decision === 'allow' ? [] : [`${event.decision} of ${judged}, served as ${served}`]
}

/** The proxy itself says by which scheme a request came. */
function schemeDiffers({ request }: Vector, { origin }: Observed): string[] {
  return origin === undefined ? [] : fieldsDiffer('origin', { 'x-forwarded-proto': request.scheme }, origin.headers)
}

/** The row under a document that believes the proxy. */
function behindProxy(vector: Vector, name: ProxyName): Vector {
  const proxies = { addresses: ['127.0.0.1'], secret: { secret: 'PROXY_SECRET' }, dialect: dialectOf(name) }
  const secrets = { ...vector.secrets, PROXY_SECRET: SECRET }
  return { ...vector, document: { ...vector.document, proxies }, secrets }
}

/** What is no request to the proxy itself it refuses before it asks anybody. */
function isOwnRefusal({ status, headers, events }: Observed): boolean {
  const isAsked = events?.length !== 0 || fieldOf(headers, 'x-latchkey-request-id') !== undefined
  return [400, 405].includes(status) && !isAsked
}

/** What a row expects where a proxy stands between: no endpoints, verify's statuses, and a request it sends on itself. */
function throughProxy(vector: Vector, name: ProxyName): Vector {
  const { request, expect: expected } = vector
  const earlier = vector.document.addresses ? [...EARLIER, 'address-refused'] : EARLIER
  const isOwn = request.target.startsWith('/_latchkey/') && !earlier.includes(expected.reason as Reason)
  if (isOwn || expected.outcome === 'latchkey') {
    return { ...vector, expect: { outcome: 'refused', status: 403, reason: 'route-unknown' } }
  }
  return expected.outcome === 'refused' ? refusedThrough(vector, name) : passedThrough(vector)
}

/** What is told before anybody looks for endpoints. */
const EARLIER: readonly string[] = ['not-configured', 'request-ambiguous']

/** Never 2xx; nginx understands 401 and 403 alone, and writes the body itself. */
function refusedThrough(vector: Vector, name: ProxyName): Vector {
  const { expect: expected } = vector
  const status = isGrpc(vector) ? REASONS[expected.reason as Reason].status : expected.status
  const headers = isGrpc(vector) ? {} : expected.headers
  if (name !== 'nginx') return { ...vector, expect: { ...expected, status, headers: headers ?? {} } }
  const told = Object.entries(headers ?? {}).filter(([field]) => /^(?:x-latchkey-|cache-control)/i.test(field))
  const { json: _, ...rest } = expected
  return { ...vector, expect: { ...rest, status: status === 401 ? 401 : 403, headers: Object.fromEntries(told) } }
}

function isGrpc({ request }: Vector): boolean {
  return request.headers.some(([, value]) => value.toLowerCase().startsWith('application/grpc'))
}

/** Verify takes nothing away, so of credentials only what stands in Authorization is gone; and it adds to no reply. */
function passedThrough(vector: Vector): Vector {
  const { document, expect: expected } = vector
  const places = document.credentials.flatMap(({ from = [] }) => from)
  const isForwarded = document.credentials.some(({ forward }) => forward)
  const isInAuthorization = !isForwarded && places.every(({ header }) => header?.toLowerCase() === 'authorization')
  const names = ['authorization', 'cookie', 'sec-websocket-protocol', ...places.map(({ header = '' }) => header)]
  const fields = new Set(names.flatMap((each) => [each.toLowerCase(), each.toLowerCase().replaceAll('-', '_')]))
  const others = (record: Readonly<Record<string, string | null>> = {}, isOther: (field: string) => boolean) =>
    Object.fromEntries(Object.entries(record).filter(([field]) => isOther(field.toLowerCase())))
  const arrived = isInAuthorization
    ? expected.origin?.headers
    : others(expected.origin?.headers, (each) => !fields.has(each))
  const replied = others(expected.headers, (each) => !/^(?:ratelimit|x-latchkey-key-expires|retry-after)/.test(each))
  return {
    ...vector,
    ...(isInAuthorization ? {} : { secrets: {}, hidden: {} }),
    expect: { ...expected, origin: { headers: arrived ?? {} }, headers: replied },
  }
}

/** nginx passes no empty field on: what is absent says as little. */
function withEmptyFields(received: Received | undefined, name: ProxyName): Received | undefined {
  if (received === undefined || name !== 'nginx') return received
  const absent = IDENTITY_NAMES.filter((each) => fieldOf(received.headers, each) === undefined)
  return { ...received, headers: [...received.headers, ...absent.map((each): Field => [each, ''])] }
}
