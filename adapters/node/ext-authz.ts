import { readFileSync } from 'node:fs'
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Judgement } from '../../src/build.ts'
import { grpcCode, isGrpc } from '../../src/grpc.ts'
import type { Gate } from '../../src/http/gate.ts'
import type { Field } from '../../src/http/hop-by-hop.ts'
import { endToEnd } from '../../src/http/hop-by-hop.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { IDENTITY_PREFIX, REQUEST_ID_HEADER } from '../../src/identity.ts'
import { canonicalHeaderName, TOKEN } from '../../src/lib/header-name.ts'
import { isLoopback, parseAddress } from '../../src/lib/ip.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { after } from '../../src/lib/maybe.ts'
import { splitTarget } from '../../src/lib/path.ts'
import { decodeUtf8 } from '../../src/lib/percent.ts'
import type { Message } from '../../src/lib/protobuf.ts'
import { readMessage, writeMessage } from '../../src/lib/protobuf.ts'
import type { Access, EpochSeconds } from '../../src/model/access.ts'
import type { Allowed, Denied, Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import { originSettings } from '../../src/origin.ts'
import { proxies, withFacts } from '../../src/proxies.ts'
import { responder } from '../../src/respond.ts'
import { plainAddress } from './access.ts'
import { CHECK_REQUEST, CHECK_RESPONSE } from './ext-authz-fields.ts'
import { accessOfCall, valuesOf } from './grpc-access.ts'
import { signing } from './grpc-identity.ts'
import type { TlsFiles } from './tls.ts'

/** Envoy's external authorization, v3, by gRPC: it asks about a request before it sends it on. */

export interface AuthorizationServerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined
  /** Default 9191; 0 takes a free one. */
  readonly port?: number | undefined
  /** Read once. */
  readonly tls?: TlsFiles | undefined
  /** The clock, in epoch seconds. */
  readonly now?: (() => EpochSeconds) | undefined
}

export interface AuthorizationServer {
  /** `host:port`. */
  readonly address: string
  /** Takes no more calls, lets those in flight finish for at most `graceSeconds` (10), then ends them. */
  close(graceSeconds?: number): Promise<void>
}

type CheckRequest = Message<typeof CHECK_REQUEST>
type CheckResponse = Message<typeof CHECK_RESPONSE>
type HttpRequest = NonNullable<NonNullable<NonNullable<CheckRequest['attributes']>['request']>['http']>
type HeaderOption = NonNullable<NonNullable<CheckResponse['ok_response']>['headers']>[number]

/** What was asked; undefined where it is no message that Envoy writes. */
interface Asked {
  readonly check: CheckRequest | undefined
}

const CHECK_PATH = '/envoy.service.auth.v3.Authorization/Check'
const DEFAULT_PORT = 9191
/** Of a whole message: the filter may be told to send the body along, which nobody reads here. */
const MOST_MESSAGE_BYTES = 1_048_576
/** Of path and headers together; Envoy itself takes 60 KiB unless told otherwise. */
const MOST_REQUEST_CHARACTERS = 65_536

const AMBIGUOUS: Refusal = { reason: 'request-ambiguous' }

/** Envoy's `HeaderAppendAction`: a second value of a field is appended to the first, which replaces what there was. */
const APPEND = 0
const OVERWRITE = 2

/** Runs Envoy's authorization service beside a gate. Who may ask is what the document's `proxies` says. */
export async function authorizationServer(
  gate: Pick<Gate, 'latchkey'>,
  { host = '127.0.0.1', port = DEFAULT_PORT, tls, now = () => Date.now() / 1000 }: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  const server = new Server({ 'grpc.max_receive_message_length': MOST_MESSAGE_BYTES })
  const check = checker(gate)
  server.addService(
    {
      check: {
        path: CHECK_PATH,
        originalName: 'Check',
        requestStream: false,
        responseStream: false,
        requestSerialize: ({ check: message }: Asked) => Buffer.from(writeMessage(CHECK_REQUEST, message ?? {})),
        requestDeserialize: (bytes: Buffer): Asked => ({ check: readMessage(CHECK_REQUEST, bytes) }),
        responseSerialize: (message: CheckResponse) => Buffer.from(writeMessage(CHECK_RESPONSE, message)),
        responseDeserialize: (bytes: Buffer) => readMessage(CHECK_RESPONSE, bytes) ?? {},
      },
    },
    {
      check(call: ServerUnaryCall<Asked, CheckResponse>, answer: sendUnaryData<CheckResponse>) {
        const { metadata, request } = call
        const asking = {
          path: CHECK_PATH,
          metadata,
          peer: call.getPeer(),
          host: call.getHost(),
          tls: tls !== undefined,
        }
        const answered = after(check(request.check, accessOfCall(asking, now())), (response) => answer(null, response))
        // 13, INTERNAL: Envoy does not let pass what it gets no answer about.
        void Promise.resolve(answered).catch(() => answer({ code: 13, details: 'failed closed' }))
      },
    },
  )
  const authority = host.includes(':') ? `[${host}]` : host
  const bound = await bind(server, `${authority}:${port}`, tls)
  return {
    address: `${authority}:${bound}`,
    close: (graceSeconds = 10) =>
      new Promise((resolve) => {
        const late = setTimeout(() => server.forceShutdown(), graceSeconds * 1000)
        server.tryShutdown(() => {
          clearTimeout(late)
          resolve()
        })
      }),
  }
}

function bind(server: Server, address: string, tls: TlsFiles | undefined): Promise<number> {
  const credentials = tls
    ? ServerCredentials.createSsl(null, [{ cert_chain: readFileSync(tls.cert), private_key: readFileSync(tls.key) }])
    : ServerCredentials.createInsecure()
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port)))
  })
}

/** Answers what Envoy asks, given the call by which it does. Refusals are answers as well. */
export function checker({
  latchkey,
}: Pick<Gate, 'latchkey'>): (check: CheckRequest | undefined, asking: Access) => Maybe<CheckResponse> {
  const { settings } = latchkey
  const answers = responder(settings, latchkey.equipped?.metadata)
  const trusted = proxies(settings, latchkey.digests)
  const clean = cleaner(settings)
  const sign = signing(latchkey)
  const configured = new Set(Array.from(originSettings(settings)?.headers?.keys() ?? [], canonicalHeaderName))
  const parameters = new Set(
    settings.credentials.flatMap(({ places }) => places.flatMap(({ kind, name }) => (kind === 'query' ? [name] : []))),
  )

  return (check, asking) =>
    after(
      latchkey.judgeWhat(
        (access, snapshot) =>
          after(trusted.trusts(access, snapshot), (isTrusted): Access | Refusal =>
            isTrusted ? described(check, access) : { reason: 'proxy-untrusted' },
          ),
        asking,
        { defer: () => undefined },
      ),
      (judgement) =>
        after(sign(judgement), (signed) => {
          const { decision, access } = signed
          return decision.allow ? allowed(signed, decision) : denied(decision, access)
        }),
    )

  function denied(refused: Pick<Denied, 'refusal' | 'match'>, access: Access): CheckResponse {
    const { reason } = refused.refusal
    const { status, headers, body } = answers.refuse(refused, access)
    const fields = Object.entries({ ...headers, 'X-Latchkey-Reason': reason }).flatMap(([name, value]) =>
      [value].flat().map((each): Field => [name, each]),
    )
    // Envoy makes a gRPC status of it where the caller speaks gRPC, with the body as its message.
    const text = isGrpc(access) ? reason : body
    return {
      status: { code: grpcCode(status), message: reason },
      denied_response: { status: { code: status }, headers: options(fields), body: text },
    }
  }

  /** What goes on is what was judged, less what is not the origin's to see; client and scheme are Envoy's own to say. */
  function allowed(judgement: Judgement, decision: Allowed): Maybe<CheckResponse> {
    const { access } = judgement
    const received = Array.from(new Set(access.headerNames())).flatMap((name) =>
      access.header(name).map((value): Field => [name, value]),
    )
    const judged = received.filter(
      (field) => field[0] !== 'host' && endToEnd([field]).length > 0 && !isOfEnvoy(field[0]),
    )
    return after(clean(judged, judgement, decision), (cleaned) => {
      if (isRefusal(cleaned)) return denied({ refusal: cleaned, match: decision.match }, access)
      if (!isRemovable(access.target, cleaned.target))
        return denied({ refusal: AMBIGUOUS, match: decision.match }, access)
      const ours = cleaned.fields.filter(
        ([name]) => isOurs(canonicalHeaderName(name)) && !isOfEnvoy(name.toLowerCase()),
      )
      const theirs = cleaned.fields.filter(([name]) => !isOurs(canonicalHeaderName(name)))
      const set = new Set(ours.map(([name]) => name.toLowerCase()))
      const removed: string[] = []
      const rest: Field[] = []
      for (const name of new Set(judged.map(([each]) => each))) {
        const left = valuesOf(theirs, name)
        if (
          left.length === valuesOf(judged, name).length &&
          left.every((value, at) => value === valuesOf(judged, name)[at])
        )
          continue
        if (left.length > 0) rest.push(...left.map((value): Field => [name, value]))
        // Envoy removes after it has set.
        else if (!set.has(name)) removed.push(name)
      }
      return {
        status: { code: 0 },
        ok_response: {
          headers: options([...ours, ...rest]),
          headers_to_remove: removed,
          response_headers_to_add: options([[REQUEST_ID_HEADER, access.requestId], ...(decision.notices ?? [])]),
          query_parameters_to_remove: cleaned.target === access.target ? [] : [...parameters],
        },
      }
    })
  }

  function isOurs(canonical: string): boolean {
    return canonical.startsWith(IDENTITY_PREFIX) || canonical.startsWith('x-forwarded-') || configured.has(canonical)
  }

  /** Whether Envoy, which knows a parameter by its decoded name alone, takes away what we would. */
  function isRemovable(target: string, cleaned: string): boolean {
    if (target === cleaned) return true
    const pairs = (text: string) => splitTarget(text)?.query?.split('&') ?? []
    const left = pairs(cleaned)
    return pairs(target).every(
      (pair) =>
        left.includes(pair) || (!pair.includes(';') && parameters.has(decodeUtf8(pair.split('=', 1)[0] ?? '') ?? '')),
    )
  }
}

/** Whether Envoy always says a field itself; of other forwarded ones, and of other spellings, it passes the client's on. */
function isOfEnvoy(name: string): boolean {
  return name === 'x-forwarded-for' || name === 'x-forwarded-proto'
}

/** The request that Envoy asks about, by what Envoy says of it; ambiguous where that contradicts itself. */
function described(check: CheckRequest | undefined, asking: Access): Access | Refusal {
  const http = check?.attributes?.request?.http
  const all = http && headersOf(http)
  if (!all) return AMBIGUOUS
  const { method = '', path = '', host = '', scheme = '' } = http
  const told: ReadonlyMap<string, string> = new Map(
    Object.entries({ ':method': method, ':path': path, ':authority': host, host }),
  )
  if (!all.every(([name, value]) => (told.get(name) ?? value) === value)) return AMBIGUOUS
  if (!TOKEN.test(method) || (http.query ?? '') !== '' || (http.fragment ?? '') !== '') return AMBIGUOUS
  if (scheme !== 'http' && scheme !== 'https') return AMBIGUOUS
  const fields = all.filter(([name]) => !name.startsWith(':'))
  // Where a proxy in front of Envoy tells another scheme, the weaker one counts.
  const isSecure = scheme === 'https' && valuesOf(fields, 'x-forwarded-proto').every((each) => each === 'https')
  const source = check.attributes?.source?.address?.socket_address?.address ?? ''
  const clientAddress = parseAddress(source) && !source.includes('%') ? plainAddress(source) : undefined
  return {
    ...withFacts(asking, { method, target: path, host, scheme: isSecure ? 'https' : 'http', clientAddress }),
    loopback: isLoopback(clientAddress),
    header: (name) => valuesOf(fields, name),
    headerNames: () => fields.map(([name]) => name),
  }
}

/** All headers, pseudo-headers too; undefined where there are too many, or they are told in two ways or not as Envoy does. */
function headersOf({ headers = [], header_map, path = '' }: HttpRequest): Field[] | undefined {
  const raw = header_map?.headers ?? []
  if (headers.length > 0 && raw.length > 0) return undefined
  if (new Set(headers.map(({ key }) => key)).size < headers.length) return undefined
  if (raw.some(({ value = '', raw_value }) => value !== '' && raw_value !== undefined && raw_value.length > 0)) {
    return undefined
  }
  const fields = [
    ...headers.map(({ key = '', value = '' }): Field => [key, value]),
    ...raw.map(({ key = '', value = '', raw_value }): Field => [key, value === '' ? latin1(raw_value) : value]),
  ]
  const length = fields.reduce((sum, [name, value]) => sum + name.length + value.length, path.length)
  if (length > MOST_REQUEST_CHARACTERS) return undefined
  const isWhole = fields.every(
    ([name, value]) => TOKEN.test(name.replace(/^:/, '')) && name === name.toLowerCase() && !/[\0\r\n]/.test(value),
  )
  return isWhole ? fields : undefined
}

/** One character for each byte, as Node reads headers. */
function latin1(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes).toString('latin1') : ''
}

function options(fields: readonly Field[]): HeaderOption[] {
  const seen = new Set<string>()
  return fields.map(([key, value]) => {
    const isFirst = !seen.has(key)
    seen.add(key)
    return { header: { key, value }, append_action: isFirst ? OVERWRITE : APPEND, keep_empty_value: 1 }
  })
}
