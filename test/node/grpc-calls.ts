import type {
  Client,
  Deadline,
  ServerInterceptor,
  ServiceDefinition,
  StatusObject,
  UntypedServiceImplementation,
} from '@grpc/grpc-js'
import {
  credentials,
  Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
} from '@grpc/grpc-js'
import { onTestFinished } from 'vitest'
import type { GrpcGate, GrpcGateOptions } from '../../adapters/node/grpc.ts'
import { callerOf, grpcGate } from '../../adapters/node/grpc.ts'
import type { Document } from '../../src/document.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { Field } from '../given/access.ts'
import { NOW } from '../given/access.ts'
import { TOKENS } from '../given/authority.ts'

/** A real server and a real client of grpc-js, with a method of each kind; messages are JSON. */

const serialize = (value: unknown) => Buffer.from(JSON.stringify(value))
const deserialize = (bytes: Buffer) => JSON.parse(bytes.toString('utf8')) as unknown

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/orders.v1.Orders/${name}`,
    originalName: name,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }
}

const ORDERS: ServiceDefinition = {
  Get: method('Get', false, false),
  Watch: method('Watch', false, true),
  Put: method('Put', true, false),
  Talk: method('Talk', true, true),
}

export const METHODS = ['Get', 'Watch', 'Put', 'Talk'] as const
export type Method = (typeof METHODS)[number]

/** What a handler saw. */
export interface Handled {
  readonly method: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly caller: unknown
  readonly messages: unknown[]
}

export interface Orders {
  readonly gate: GrpcGate
  readonly address: string
  readonly handled: Handled[]
  readonly events: readonly LatchkeyEvent[]
}

/** Serves the methods behind the gate of a document. */
export async function ordersBehind(
  document: Document,
  options: GrpcGateOptions = {},
  server: { readonly credentials?: ServerCredentials; readonly address?: string; cancelled?(): void } = {},
): Promise<Orders> {
  const sink = memorySink()
  const gate = await grpcGate({ document, secrets: env(TOKENS), sink, now: () => NOW, ...options })
  const handled: Handled[] = []
  const watching: ServerInterceptor = (_, call) =>
    new ServerInterceptingCall(call, { start: (next) => next({ onCancel: () => server.cancelled?.() }) })
  const grpc = new Server({ interceptors: [watching, gate.interceptor] })
  const note = (name: string, metadata: Metadata): Handled => {
    const each = { method: name, metadata: metadata.toJSON(), caller: callerOf({ metadata }), messages: [] }
    handled.push(each)
    return each
  }
  const handlers = {
    Get(call: Call, answer: Answer) {
      note('Get', call.metadata).messages.push(call.request)
      answer(null, { ok: true })
    },
    Watch(call: Call) {
      note('Watch', call.metadata).messages.push(call.request)
      call.write({ ok: 1 })
      call.write({ ok: 2 })
      call.end()
    },
    Put(call: Call, answer: Answer) {
      const { messages } = note('Put', call.metadata)
      call.on('data', (message: unknown) => messages.push(message))
      call.on('end', () => answer(null, { ok: true }))
    },
    Talk(call: Call) {
      const { messages } = note('Talk', call.metadata)
      call.on('data', (message: unknown) => {
        messages.push(message)
        call.write(message)
      })
      call.on('end', () => call.end())
    },
  }
  grpc.addService(ORDERS, handlers as unknown as UntypedServiceImplementation)
  const port = await new Promise<number>((resolve, reject) => {
    const { credentials = ServerCredentials.createInsecure(), address = '127.0.0.1:0' } = server
    grpc.bindAsync(address, credentials, (error, bound) => (error ? reject(error) : resolve(bound)))
  })
  onTestFinished(async () => {
    grpc.forceShutdown()
    await gate.close()
  })
  return { gate, address: server.address ?? `127.0.0.1:${port}`, handled, events: sink.events }
}

interface Call {
  readonly metadata: Metadata
  readonly request: unknown
  write(message: unknown): void
  end(): void
  on(event: 'data', listener: (message: unknown) => void): void
  on(event: 'end', listener: () => void): void
}
type Answer = (error: null, value: unknown) => void

/** How a call ended, and what came before. */
export interface Ended {
  readonly code: number
  readonly details: string
  readonly messages: unknown[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly trailers: Readonly<Record<string, unknown>>
}

interface Stream {
  write?(message: unknown): void
  end?(): void
  on(event: 'metadata', listener: (metadata: Metadata) => void): this
  on(event: 'data', listener: (message: unknown) => void): this
  on(event: 'status', listener: (status: StatusObject) => void): this
  on(event: 'error', listener: () => void): this
}

export interface CallOptions {
  readonly fields?: readonly Field[]
  readonly deadline?: Deadline
  readonly channel?: ReturnType<typeof credentials.createInsecure>
}

/** Calls a method with two messages where it takes a stream, else with one. */
export async function call(
  { address }: Pick<Orders, 'address'>,
  name: Method,
  { fields = [], deadline, channel = credentials.createInsecure() }: CallOptions = {},
): Promise<Ended> {
  const Orders = makeGenericClientConstructor(ORDERS, 'Orders')
  const client = new Orders(address, channel) as unknown as Client & Record<Method, (...args: unknown[]) => Stream>
  const metadata = new Metadata()
  for (const [key, value] of fields) metadata.add(key, key.endsWith('-bin') ? Buffer.from(value) : value)
  const messages: unknown[] = []
  let before = new Metadata()
  try {
    return await new Promise<Ended>((resolve) => {
      const options = deadline === undefined ? {} : { deadline }
      const last = (_: unknown, value: unknown) => void (value === undefined || messages.push(value))
      const { requestStream, responseStream } = ORDERS[name] as ReturnType<typeof method>
      const stream = client[name](
        ...(requestStream ? [] : [{ id: 1 }]),
        metadata,
        options,
        ...(responseStream ? [] : [last]),
      )
      stream.on('metadata', (received) => (before = received))
      stream.on('error', () => undefined)
      if (responseStream) stream.on('data', (message) => messages.push(message))
      stream.on('status', ({ code, details, metadata: trailers }) =>
        // The callback of a single answer comes behind its status.
        setImmediate(() =>
          resolve({ code, details, messages, metadata: before.toJSON(), trailers: trailers.toJSON() }),
        ),
      )
      if (!requestStream) return
      stream.write?.({ id: 1 })
      stream.write?.({ id: 2 })
      stream.end?.()
    })
  } finally {
    client.close()
  }
}
