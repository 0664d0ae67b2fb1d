import type { Client, ServiceError } from '@grpc/grpc-js'
import { credentials, loadPackageDefinition, Metadata, makeGenericClientConstructor } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { PROTO_FOLDERS } from '../../scripts/ext-authz.ts'
import { NOW } from '../given/access.ts'

/** Asks as Envoy asks: by a client of grpc-js that reads and writes Envoy's own protos. */

const PROTOS = loadSync('envoy/service/auth/v3/external_auth.proto', {
  keepCase: true,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [...PROTO_FOLDERS],
})
const { envoy } = loadPackageDefinition(PROTOS) as unknown as {
  envoy: { service: { auth: { v3: { Authorization: ReturnType<typeof makeGenericClientConstructor> } } } }
}

/** What Envoy reads of an answer. */
export interface Response {
  readonly status: { readonly code: number; readonly message: string }
  readonly http_response?: 'ok_response' | 'denied_response'
  readonly ok_response?: {
    readonly headers: readonly Option[]
    readonly headers_to_remove: readonly string[]
    readonly response_headers_to_add: readonly Option[]
    readonly query_parameters_to_remove: readonly string[]
  }
  readonly denied_response?: {
    readonly status: { readonly code: string }
    readonly headers: readonly Option[]
    readonly body: string
  }
}

export interface Option {
  readonly header: { readonly key: string; readonly value: string }
  readonly append_action: string
  readonly keep_empty_value: boolean
}

export type Http = Readonly<Record<string, unknown>>

/** What Envoy says of `GET /a` from 203.0.113.7, unless said otherwise. */
export function checkOf(http: Http = {}, attributes: object = {}): object {
  return {
    attributes: {
      source: { address: { socket_address: { address: '203.0.113.7', port_value: 4711 } } },
      destination: { address: { socket_address: { address: '192.0.2.1', port_value: 443 } } },
      request: {
        time: { seconds: NOW },
        http: {
          id: '7',
          method: 'GET',
          path: '/a',
          host: 'api.example',
          scheme: 'https',
          size: -1,
          protocol: 'HTTP/2',
          ...http,
        },
      },
      context_extensions: { virtual_host: 'local' },
      ...attributes,
    },
  }
}

/** Asks, with metadata of the question's own. */
export async function ask(
  { address }: Server,
  check: object,
  fields: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const client = new envoy.service.auth.v3.Authorization(address, credentials.createInsecure())
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value)
  return answerOf(client, (answer) => (client['Check'] as unknown as Check).call(client, check, metadata, answer))
}

interface Server {
  readonly address: string
}

type Answer = (error: ServiceError | null, response: Response) => void
type Check = (check: object, metadata: Metadata, answer: Answer) => void

function answerOf(client: Client, call: (answer: Answer) => void): Promise<Response> {
  return new Promise<Response>((resolve, reject) =>
    call((error, response) => (error ? reject(error) : resolve(response))),
  ).finally(() => client.close())
}

export function valuesOf(options: readonly Option[] | undefined, name: string): readonly string[] {
  return (options ?? []).flatMap(({ header }) => (header.key.toLowerCase() === name ? [header.value] : []))
}

/** Sends bytes that may be no message. */
export async function askRaw({ address }: Server, message: Buffer): Promise<Response> {
  const { Check: check } = envoy.service.auth.v3.Authorization.service
  if (!check) throw new Error('no such method')
  const Raw = makeGenericClientConstructor({ Check: { ...check, requestSerialize: (bytes: Buffer) => bytes } }, 'Raw')
  const client = new Raw(address, credentials.createInsecure())
  return answerOf(client, (answer) =>
    (client['Check'] as unknown as Check).call(client, message, new Metadata(), answer),
  )
}
