import { readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'
import type { Document } from '../../src/document.ts'

/** The manifests of this folder, as far as tests read them. */

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number | string }
}

export interface SecurityContext {
  readonly runAsUser: number
  readonly runAsGroup: number
  readonly readOnlyRootFilesystem: boolean
  readonly allowPrivilegeEscalation: boolean
  readonly capabilities: { readonly drop: readonly string[] }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[]
  readonly env?: unknown
  readonly envFrom?: unknown
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe: Probe
  readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } }
  readonly resources: { readonly requests: object; readonly limits: { readonly memory: string } }
  readonly securityContext: SecurityContext
  readonly volumeMounts?: readonly { name: string; mountPath: string; readOnly?: boolean; subPath?: string }[]
}

export interface SecretSource {
  readonly secret: {
    readonly name: string
    readonly optional?: boolean
    readonly items: readonly { readonly key: string; readonly path: string }[]
  }
}

export interface Volume {
  readonly name: string
  readonly configMap?: { readonly name: string }
  readonly projected?: { readonly defaultMode: number; readonly sources: readonly SecretSource[] }
}

export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>
}

export interface Spread {
  readonly topologyKey: string
  readonly whenUnsatisfiable: string
  readonly labelSelector: Selector
}

export interface Deployment extends Manifest {
  readonly kind: 'Deployment'
  readonly spec: {
    readonly replicas: number
    readonly selector: Selector
    readonly strategy: { readonly rollingUpdate: object }
    readonly template: {
      readonly metadata: {
        readonly labels: Readonly<Record<string, string>>
        readonly annotations?: Readonly<Record<string, string>>
      }
      readonly spec: {
        readonly automountServiceAccountToken: boolean
        readonly enableServiceLinks: boolean
        readonly hostNetwork?: boolean
        readonly securityContext: { runAsNonRoot: boolean; fsGroup: number; seccompProfile: object }
        readonly topologySpreadConstraints: readonly Spread[]
        readonly terminationGracePeriodSeconds: number
        readonly initContainers?: unknown
        readonly containers: readonly Container[]
        readonly volumes: readonly Volume[]
      }
    }
  }
}

interface Port {
  readonly port: number | string
  readonly targetPort?: number | string
}

export interface Service extends Manifest {
  readonly spec: { readonly selector: Readonly<Record<string, string>>; readonly ports: readonly Port[] }
}

export interface NetworkPolicy extends Manifest {
  readonly spec: {
    readonly podSelector: Selector
    readonly policyTypes: readonly string[]
    readonly ingress: readonly { readonly ports: readonly Port[] }[]
  }
}

export interface DisruptionBudget extends Manifest {
  readonly spec: { readonly selector: Selector; readonly maxUnavailable: number }
}

export interface Kustomization {
  readonly resources: readonly string[]
  readonly configMapGenerator: readonly { readonly name: string; readonly files: readonly string[] }[]
  readonly images: readonly { readonly name: string; readonly newTag: string }[]
}

export interface Recipe {
  /** Where its files are, from this folder. */
  readonly path: string
  readonly kustomization: Kustomization
  readonly manifests: readonly Manifest[]
  readonly deployment: Deployment
  readonly service: Service | undefined
  readonly policy: NetworkPolicy
  readonly budget: DisruptionBudget
  readonly pod: Deployment['spec']['template']['spec']
  readonly gate: Container
  /** The container that is no gate. */
  readonly app: Container
  readonly document: Document
}

/** What `kubectl apply -k` would apply of a folder. */
export function recipeOf(path: string): Recipe {
  const text = (name: string) => readFileSync(new URL(`${path}${name}`, import.meta.url), 'utf8')
  const kustomization = parse(text('kustomization.yaml')) as Kustomization
  const manifests = kustomization.resources.flatMap((name) =>
    parseAllDocuments(text(name)).map((each) => each.toJS() as Manifest),
  )
  const one = <T extends Manifest>(kind: string) => manifests.find((each) => each.kind === kind) as T | undefined
  const deployment = one<Deployment>('Deployment') as Deployment
  const pod = deployment.spec.template.spec
  return {
    path,
    kustomization,
    manifests,
    deployment,
    service: one<Service>('Service'),
    policy: one<NetworkPolicy>('NetworkPolicy') as NetworkPolicy,
    budget: one<DisruptionBudget>('PodDisruptionBudget') as DisruptionBudget,
    pod,
    gate: pod.containers.find(({ name }) => name === 'gate') as Container,
    app: pod.containers.find(({ name }) => name !== 'gate') as Container,
    document: JSON.parse(text('latchkey.json')) as Document,
  }
}

export const RECIPES = ['./', './dapr/'].map((path) => recipeOf(path))

/** A flag's value, as a container's arguments say it. */
export function flagOf({ args = [] }: Container, name: string): string | undefined {
  return args.find((each) => each.startsWith(`--${name}=`))?.slice(name.length + 3)
}
