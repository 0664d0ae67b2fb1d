import type { Flags, Given } from '../usage.ts'
import { UsageError } from '../usage.ts'

export const KUBERNETES_FLAGS: Flags = {
  'secret-name': { type: 'string', valueHint: 'NAME', description: 'with kubernetes: default ID-token' },
  'secret-key': {
    type: 'string',
    valueHint: 'KEY',
    description: "with kubernetes: default value; the Helm chart's own is gateway-key",
  },
  namespace: { type: 'string', valueHint: 'NAME', description: "with kubernetes: default kubectl's" },
}

/** A Secret of Kubernetes. `stringData` is plain text: nobody encodes it, so nothing is wrapped. */
export interface SecretManifest {
  readonly apiVersion: 'v1'
  readonly kind: 'Secret'
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly annotations: Readonly<Record<string, string>>
  }
  readonly type: 'Opaque'
  readonly stringData: Readonly<Record<string, string>>
}

/** RFC 1123, as Kubernetes takes it for the name of a Secret and of a namespace. */
const NAME = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/
const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const KEY = /^[A-Za-z0-9._-]{1,253}$/

/** The Secret that holds what a gateway sends. `until` is RFC 3339. */
export function manifestOf(flags: Given, id: string, authorization: string, until: string): SecretManifest {
  const [given, key = 'value', namespace] = ['secret-name', 'secret-key', 'namespace'].map((flag) => flags.text(flag))
  const name = given ?? nameOf(id)
  if (!NAME.test(name)) throw new UsageError('--secret-name takes what Kubernetes takes: a-z, 0-9, "-" and "."')
  if (!KEY.test(key)) throw new UsageError('--secret-key takes letters, digits, ".", "_" and "-"')
  if (namespace !== undefined && !NAMESPACE.test(namespace)) throw new UsageError('--namespace takes a-z, 0-9 and "-"')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, ...(namespace !== undefined && { namespace }), annotations: { 'latchkey.dev/expires': until } },
    type: 'Opaque',
    stringData: { [key]: authorization },
  }
}

/** The manifest as YAML. Every text is in quotes, which JSON and YAML write alike. */
export function yamlOf(manifest: SecretManifest): string {
  return linesOf(manifest, '').join('\n')
}

function linesOf(value: object, indent: string): string[] {
  return Object.entries(value).flatMap(([key, each]) =>
    typeof each === 'object'
      ? [`${indent}${keyText(key)}:`, ...linesOf(each, `${indent}  `)]
      : [`${indent}${keyText(key)}: ${JSON.stringify(each)}`],
  )
}

/** Letters alone need no quotes; `1` or `on` would be something else without them. */
function keyText(key: string): string {
  return /^[A-Za-z]{4,}$/.test(key) ? key : JSON.stringify(key)
}

function nameOf(id: string): string {
  const plain = id
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
  if (plain === '') throw new UsageError('this id makes no name of a Secret: give one by --secret-name')
  return `${plain}-token`
}
