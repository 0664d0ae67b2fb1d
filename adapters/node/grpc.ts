import type { ServerInterceptor } from '@grpc/grpc-js'
import { Metadata, ServerInterceptingCall } from '@grpc/grpc-js'
import type { Judgement, Latchkey } from '../../src/build.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import { grpcCode } from '../../src/grpc.ts'
import { cleaner } from '../../src/http/outgoing.ts'
import { REQUEST_ID_HEADER } from '../../src/identity.ts'
import type { Maybe } from '../../src/lib/maybe.ts'
import { after, isLater } from '../../src/lib/maybe.ts'
import { load } from '../../src/load.ts'
import type { Access } from '../../src/model/access.ts'
import type { Notice, Refusal } from '../../src/model/decision.ts'
import { isRefusal } from '../../src/model/decision.ts'
import type { Principal } from '../../src/model/principal.ts'
import { proxies, throughProxies } from '../../src/proxies.ts'
import { env } from '../../src/secrets/env.ts'
import { consoleSink } from '../../src/sinks/console.ts'
import { statusOf } from '../../src/status.ts'
import { startChores } from './chores.ts'
import { nodeEquipment } from './equipment.ts'
import { accessOfCall, fieldsOf, replaceFields } from './grpc-access.ts'
import { signing } from './grpc-identity.ts'
import type { ServeOptions } from './serve.ts'

export { env } from '../../src/secrets/env.ts'
export { file } from '../../src/secrets/file.ts'
export { memorySink } from '../../src/sinks/memory.ts'
export type { AuthorizationServer, AuthorizationServerOptions } from './ext-authz.ts'
export { authorizationServer } from './ext-authz.ts'

/** Latchkey in a server of @grpc/grpc-js, and Envoy's ext_authz v3 as a gRPC service. */

export interface GrpcGateOptions
  extends Pick<ServeOptions, 'document' | 'text' | 'store' | 'storeText' | 'variables' | 'secrets' | 'sink' | 'now'> {
  /** Whether the server is bound with TLS credentials: what `"transport": "https"` asks for. Default false. */
  readonly tls?: boolean | undefined
}

export interface GrpcGate {
  readonly latchkey: Latchkey
  /** The first of a server's interceptors: `new Server({ interceptors: [gate.interceptor] })`. */
  readonly interceptor: ServerInterceptor
  /** Writes what is still held and lets go of what is open. The server is closed before. */
  close(): Promise<void>
}

const CALLERS = new WeakMap<Metadata, Principal | 'anonymous'>()

/**
 * Who makes a call, `anonymous` on public routes. Throws where no interceptor of ours has judged it, or a later one has put
 * other metadata in the place of what was judged.
 */
export function callerOf({ metadata }: { readonly metadata: Metadata }): Principal | 'anonymous' {
  const caller = CALLERS.get(metadata)
  if (caller === undefined) throw new Error('no gate has judged this call: give its interceptor to the server')
  return caller
}

/** Builds the gate of a document for servers of grpc-js. A faulty document refuses every call as `not-configured`. */
export async function grpcGate(options: GrpcGateOptions): Promise<GrpcGate> {
  const now = options.now ?? (() => Date.now() / 1000)
  const sink = options.sink ?? consoleSink()
  const secrets = options.secrets ?? env(process.env)
  const host = { now, elapsed: () => performance.now(), digests: nodeDigests(), secrets, sink }
  const { document, text, store, storeText: limiterText, variables = process.env, tls = false } = options
  const equipment = nodeEquipment({ store, limiterText, variables, secrets, now })
  const latchkey = await load({ document, text }, host, { transport: 'any' }, equipment)
  void latchkey.warm()
  const endChores = startChores(latchkey, now)
  return {
    latchkey,
    interceptor: interceptor(latchkey, (path, call, metadata) =>
      accessOfCall({ path, metadata, peer: call.getPeer(), host: call.getHost(), tls }, now()),
    ),
    async close() {
      await endChores()
      await equipment.close()
    },
  }
}

type Call = Parameters<ServerInterceptor>[1]

/** Withholds a call's metadata until it is judged: before that grpc-js neither reads a message nor asks the handler. */
function interceptor(
  latchkey: Latchkey,
  read: (path: string, call: Call, metadata: Metadata) => Access,
): ServerInterceptor {
  const { settings } = latchkey
  const clean = cleaner(settings)
  const sign = signing(latchkey)
  const received = throughProxies(settings, proxies(settings, latchkey.digests))

  function refusedBy(refusal: Refusal, { requestId }: Access): Refused {
    const metadata = withNotices(new Metadata(), refusal.notices)
    metadata.set(REQUEST_ID_HEADER, requestId)
    if (refusal.retryAfterSeconds !== undefined) {
      metadata.set('retry-after', String(Math.ceil(refusal.retryAfterSeconds)))
    }
    return { code: grpcCode(statusOf(refusal.reason, settings.refusals)), details: refusal.reason, metadata }
  }

  /** Leaves in the metadata what the handler may see; or says how the call ends. */
  function admit(metadata: Metadata, judgement: Judgement, tell: (told: Told) => void): Maybe<Refused | undefined> {
    const { access, decision } = judgement
    if (!decision.allow) return refusedBy(decision.refusal, access)
    return after(clean(fieldsOf(metadata), judgement, decision), (cleaned) => {
      if (isRefusal(cleaned)) return refusedBy(cleaned, access)
      replaceFields(metadata, cleaned.fields)
      CALLERS.set(metadata, decision.principal)
      tell({ requestId: access.requestId, notices: decision.notices })
      return undefined
    })
  }

  return ({ path }, call) => {
    let told: Told | undefined
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, pass) {
            const access = read(path, call, metadata)
            const finish = (refused: Refused | undefined) => (refused ? call.sendStatus(refused) : pass(metadata))
            const failed = () => call.sendStatus(refusedBy({ reason: 'dependency-unavailable' }, access))
            let refused: Maybe<Refused | undefined>
            try {
              const judged = latchkey.judgeWhat(received, access, { defer: () => undefined })
              refused = after(judged, (judgement) =>
                after(sign(judgement), (signed) => admit(metadata, signed, (each) => (told = each))),
              )
            } catch {
              return failed()
            }
            if (isLater(refused)) refused.then(finish, failed)
            else finish(refused)
          },
        }),
      sendMetadata(metadata, next) {
        if (told) withNotices(metadata, [...(told.notices ?? []), [REQUEST_ID_HEADER, told.requestId]])
        next(metadata)
      },
    })
  }
}

/** How a refused call ends. */
type Refused = Parameters<Call['sendStatus']>[0]

/** What the caller learns of a call that was allowed. */
interface Told {
  readonly requestId: string
  readonly notices: readonly Notice[] | undefined
}

function withNotices(metadata: Metadata, notices: readonly Notice[] | undefined): Metadata {
  for (const [name, value] of notices ?? []) metadata.set(name, value)
  return metadata
}
