import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { GrpcObject, ServerUnaryCall, ServiceClientConstructor, sendUnaryData } from '@grpc/grpc-js'
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
// In a project of your own: from 'latchkey/grpc'.
import type { GrpcGateOptions } from '../../adapters/node/grpc.ts'
import { callerOf, grpcGate } from '../../adapters/node/grpc.ts'
import document from './latchkey.grpc.json' with { type: 'json' }

export interface GrpcApp {
  readonly address: string
  /** What the app was asked to do, and by whom. */
  readonly handled: { readonly method: string; readonly caller: string; readonly metadata: Record<string, unknown> }[]
  close(): Promise<void>
}

/** Dapr's services, by the protos that its SDK carries. */
export function daprServices(): Record<
  'AppCallback' | 'AppCallbackAlpha' | 'AppCallbackHealthCheck',
  ServiceClientConstructor
> {
  const sdk = dirname(createRequire(import.meta.url).resolve('@dapr/dapr/package.json'))
  const protos = loadSync('dapr/proto/runtime/v1/appcallback.proto', {
    keepCase: true,
    enums: String,
    includeDirs: [join(sdk, 'proto')],
  })
  const { dapr } = loadPackageDefinition(protos) as unknown as { dapr: { proto: { runtime: { v1: GrpcObject } } } }
  return dapr.proto.runtime.v1 as ReturnType<typeof daprServices>
}

/** The gRPC twin of app.ts, which the SDK's own server cannot be: it is none of grpc-js. The gate is its interceptor. */
export async function startGrpcApp(port: number, options: GrpcGateOptions = {}): Promise<GrpcApp> {
  const handled: GrpcApp['handled'] = []
  const gate = await grpcGate({ document, ...options })
  const server = new Server({ interceptors: [gate.interceptor] })
  type Call = ServerUnaryCall<Record<string, unknown>, object>
  const answering = (method: string, answer: object) => (call: Call, done: sendUnaryData<object>) => {
    const caller = callerOf(call)
    const name = caller === 'anonymous' ? caller : caller.credential
    handled.push({ method, caller: name, metadata: call.metadata.toJSON() })
    done(null, answer)
  }
  const { AppCallback, AppCallbackAlpha, AppCallbackHealthCheck } = daprServices()
  server.addService(AppCallback.service, {
    OnInvoke: answering('OnInvoke', { data: { value: Buffer.from('{"price":12}') }, content_type: 'application/json' }),
    OnTopicEvent: answering('OnTopicEvent', { status: 'SUCCESS' }),
    OnBulkTopicEvent: answering('OnBulkTopicEvent', { statuses: [] }),
    OnBindingEvent: answering('OnBindingEvent', {}),
    ListTopicSubscriptions: answering('ListTopicSubscriptions', {
      subscriptions: [{ pubsub_name: 'pubsub', topic: 'orders' }],
    }),
    ListInputBindings: answering('ListInputBindings', { bindings: ['orders-queue'] }),
  })
  server.addService(AppCallbackAlpha.service, {
    OnBulkTopicEventAlpha1: answering('OnBulkTopicEventAlpha1', { statuses: [] }),
    OnJobEventAlpha1: answering('OnJobEventAlpha1', {}),
  })
  server.addService(AppCallbackHealthCheck.service, { HealthCheck: answering('HealthCheck', {}) })
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, taken) =>
      error ? reject(error) : resolve(taken),
    )
  })
  return {
    address: `127.0.0.1:${bound}`,
    handled,
    async close() {
      await new Promise((resolve) => server.tryShutdown(resolve))
      await gate.close()
    },
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { APP_PORT = '3001' } = process.env
  const { address } = await startGrpcApp(Number(APP_PORT))
  console.log(`the app listens on ${address}, by gRPC`)
}
