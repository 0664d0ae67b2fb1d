import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import protobuf from 'protobufjs'
import type { Field, Fields } from '../src/lib/protobuf.ts'

/**
 * Makes adapters/node/ext-authz-fields.ts of Envoy's protos: the numbers and types of the few fields that the ext_authz
 * service reads and writes. Run `node scripts/ext-authz.ts` where another one is needed; a test holds the file to it.
 */

/** Where the generated module is. */
export const FIELDS_FILE: URL = new URL('../adapters/node/ext-authz-fields.ts', import.meta.url)

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const PACKAGE = new URL('../node_modules/@grpc/grpc-js-xds/', import.meta.url)
const PROTO = 'envoy/service/auth/v3/external_auth.proto'

/** Where that package keeps the protos of Envoy and of those that Envoy's name. */
export const PROTO_FOLDERS: readonly string[] = ['envoy-api', 'xds', 'protoc-gen-validate', 'googleapis'].map((name) =>
  fileURLToPath(new URL(`deps/${name}`, PACKAGE)),
)

/** And where Google's own are. */
const STANDARD = fileURLToPath(new URL('../node_modules/protobufjs', import.meta.url))

type Wanted = { readonly [name: string]: true | Wanted }

const HEADER: Wanted = { header: { key: true, value: true }, append_action: true, keep_empty_value: true }

const REQUEST: Wanted = {
  attributes: {
    source: { address: { socket_address: { address: true } } },
    request: {
      http: {
        method: true,
        headers: { key: true, value: true },
        path: true,
        host: true,
        scheme: true,
        query: true,
        fragment: true,
        header_map: { headers: { key: true, value: true, raw_value: true } },
      },
    },
  },
}

const RESPONSE: Wanted = {
  status: { code: true, message: true },
  denied_response: { status: { code: true }, headers: HEADER, body: true },
  ok_response: {
    headers: HEADER,
    headers_to_remove: true,
    response_headers_to_add: HEADER,
    query_parameters_to_remove: true,
  },
}

/** The module's text. */
export function fieldsText(): string {
  const root = new protobuf.Root()
  root.resolvePath = (_, path) =>
    [...PROTO_FOLDERS, STANDARD].map((folder) => `${folder}/${path}`).find(existsSync) ?? null
  root.loadSync(PROTO, { keepCase: true }).resolveAll()
  const { version } = JSON.parse(readFileSync(new URL('package.json', PACKAGE), 'utf8')) as { version: string }
  const fields = (type: string, wanted: Wanted) =>
    JSON.stringify(fieldsOf(root.lookupType(`envoy.service.auth.v3.${type}`), wanted))
  const text = `/**
 * Made by scripts/ext-authz.ts of ${PROTO}, as @grpc/grpc-js-xds ${version} carries it.
 */
export const CHECK_REQUEST = ${fields('CheckRequest', REQUEST)} as const

export const CHECK_RESPONSE = ${fields('CheckResponse', RESPONSE)} as const
`
  const biome = fileURLToPath(new URL('../node_modules/.bin/biome', import.meta.url))
  const path = fileURLToPath(FIELDS_FILE)
  return execFileSync(biome, ['format', `--stdin-file-path=${path}`], { cwd: ROOT, input: text, encoding: 'utf8' })
}

function fieldsOf(type: protobuf.Type, wanted: Wanted): Fields {
  return Object.fromEntries(
    Object.entries(wanted).map(([name, inside]): [string, Field] => {
      const field = type.fields[name]
      if (!field) throw new Error(`${type.fullName} has no field ${name}`)
      const repeated = field.repeated || field.map ? { repeated: true } : {}
      return [name, { number: field.id, type: typeOf(field, inside), ...repeated }]
    }),
  )
}

function typeOf(field: protobuf.Field, inside: true | Wanted): Field['type'] {
  if (field instanceof protobuf.MapField) {
    return { key: { number: 1, type: scalar(field.keyType) }, value: { number: 2, type: scalar(field.type) } }
  }
  if (field.resolvedType instanceof protobuf.Type && inside !== true) return fieldsOf(field.resolvedType, inside)
  return field.resolvedType instanceof protobuf.Enum ? 'varint' : scalar(field.type)
}

function scalar(type: string): 'string' | 'bytes' | 'varint' {
  if (type === 'string' || type === 'bytes') return type
  if (type === 'bool' || type === 'int32' || type === 'uint32') return 'varint'
  throw new Error(`a field of type ${type}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(FIELDS_FILE, fieldsText())
