import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { GRACE_SECONDS } from '../../adapters/node/serve.ts'
import { SERVE_FLAGS } from '../../src/cli/serve.ts'
import { validateText } from '../../src/validate.ts'
import { VERSION } from '../../src/version.ts'
import { fileOf, folder, run } from '../../test/cli/run.ts'
import { filesOf } from './kubelet.ts'
import type { Manifest } from './manifests.ts'
import { flagOf, RECIPES, recipeOf } from './manifests.ts'

/** Holds the manifests to one another, to their documents, to the command line and to Kubernetes' own schemas. */

const HERE = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MODELS = join(ROOT, 'e2e/kubernetes/node_modules/kubernetes-models')

/** The user of the image. */
const USER = 65532

/** As `latchkey token` makes them. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/

describe.each(RECIPES)('the manifests of $path', (recipe) => {
  const { deployment, pod, gate, app, policy, budget, service, document, kustomization } = recipe
  const labels = deployment.spec.template.metadata.labels
  const port = gate.ports?.[0]?.containerPort

  it('select the pods that they make', () => {
    expect(deployment.spec.selector.matchLabels).toEqual(labels)
    expect(policy.spec.podSelector.matchLabels).toEqual(labels)
    if (service) expect(service.spec.selector).toEqual(labels)
  })

  it('keep a pod where a node is drained, and spread them where there is room', () => {
    expect(budget.spec.selector.matchLabels).toEqual(labels)
    expect(budget.spec.maxUnavailable).toBeGreaterThan(0)
    expect(budget.spec.maxUnavailable).toBeLessThan(deployment.spec.replicas)
    const spread = pod.topologySpreadConstraints
    expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
      'kubernetes.io/hostname',
      'topology.kubernetes.io/zone',
    ])
    for (const { labelSelector, whenUnsatisfiable } of spread) {
      expect([labelSelector.matchLabels, whenUnsatisfiable]).toEqual([labels, 'ScheduleAnyway'])
    }
  })

  it('give the gate arguments that the command line knows, each once', () => {
    const [command, ...flags] = gate.args ?? []
    expect(command).toBe('serve')
    const names = flags.map((flag) => /^--([a-z-]+)=./.exec(flag)?.[1])
    expect(names).toEqual(['config', 'secrets', 'host', 'port'])
    for (const name of names) expect(Object.keys(SERVE_FLAGS)).toContain(name)
    expect(flagOf(gate, 'port')).toBe(String(port))
  })

  it('mount whole folders, read only, where the arguments look', () => {
    const mounts = new Map((gate.volumeMounts ?? []).map((mount) => [mount.name, mount]))
    expect(Array.from(mounts.keys())).toEqual(pod.volumes.map(({ name }) => name))
    for (const { subPath, readOnly } of mounts.values()) expect([subPath, readOnly]).toEqual([undefined, true])
    const [file] = kustomization.configMapGenerator[0]?.files ?? []
    expect(flagOf(gate, 'config')).toBe(`${mounts.get('document')?.mountPath}/${file}`)
    expect(flagOf(gate, 'secrets')).toBe(mounts.get('tokens')?.mountPath)
    expect(app.volumeMounts).toBeUndefined()
  })

  it('name the document as kustomize makes it, so that a changed one rolls the pods', () => {
    const [generated] = kustomization.configMapGenerator
    expect(pod.volumes.find(({ configMap }) => configMap)?.configMap?.name).toBe(generated?.name)
    expect(generated).not.toHaveProperty('options')
  })

  it('mount a file for each secret that the document names, and no other', () => {
    const tokens = pod.volumes.find(({ projected }) => projected)
    const named = JSON.stringify(document).match(/(?<="secret":")[^"]+/g) ?? []
    const [secretName = ''] = tokens?.projected?.sources.map(({ secret }) => secret.name) ?? []
    const files = filesOf(tokens as NonNullable<typeof tokens>, { [secretName]: { token: 'a', previous: 'b' } })
    expect(Object.keys(files).toSorted()).toEqual(named.toSorted())
    // Readable by the owner and the group, which is the gate's.
    expect(tokens?.projected?.defaultMode).toBe(0o440)
    expect(pod.securityContext.fsGroup).toBe(gate.securityContext.runAsGroup)
  })

  it('give no secret by a variable, which would last as long as the pod', () => {
    expect([gate.env, gate.envFrom, app.env, app.envFrom]).toEqual([undefined, undefined, undefined, undefined])
  })

  it('probe what the document answers: never health for liveness, and the app through the gate', () => {
    const base = document.base ?? '/_latchkey'
    const own = { live: { path: `${base}/live`, port: 'gate' }, health: { path: `${base}/health`, port: 'gate' } }
    expect(gate.startupProbe?.httpGet).toEqual(own.live)
    expect(gate.livenessProbe?.httpGet).toEqual(own.live)
    expect(gate.readinessProbe.httpGet).toEqual(own.health)
    const open = document.routes.find((route) => 'public' in route && route.public)
    expect(app.readinessProbe.httpGet).toEqual({ path: open?.path, port })
    expect(app.livenessProbe).toBeUndefined()
  })

  it('lead to the gate and nowhere else', () => {
    expect(new URL(String(document.origin)).hostname).toBe('127.0.0.1')
    expect(app.ports).toBeUndefined()
    expect(pod.hostNetwork).toBeUndefined()
    expect(policy.spec.policyTypes).toEqual(['Ingress'])
    if (service) expect(service.spec.ports.map(({ targetPort }) => targetPort)).toEqual(['gate'])
  })

  it('end the gate before the app, and both in time', () => {
    const [gateSleep, appSleep] = [gate, app].map(({ lifecycle }) => lifecycle.preStop.sleep.seconds) as [
      number,
      number,
    ]
    expect(gateSleep).toBeGreaterThan(0)
    expect(appSleep).toBeGreaterThan(gateSleep + GRACE_SECONDS)
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(appSleep)
    // A native sidecar would end last.
    expect(pod.initContainers).toBeUndefined()
  })

  it('run as numbered users without a way up', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
    expect([pod.automountServiceAccountToken, pod.enableServiceLinks]).toEqual([false, false])
    for (const { securityContext } of [gate, app]) {
      expect(securityContext).toMatchObject({
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      })
      expect(securityContext.runAsUser).toBeGreaterThan(0)
    }
    expect([gate.securityContext.runAsUser, gate.securityContext.runAsGroup]).toEqual([USER, USER])
    expect(app.securityContext.runAsUser).not.toBe(USER)
  })

  it('name the image of this version', () => {
    expect(gate.image).toBe(`latchkey:${VERSION}`)
    expect(kustomization.images.find(({ name }) => name === 'latchkey')?.newTag).toBe(VERSION)
  })

  it('have a document without a fault', async () => {
    expect(validateText(JSON.stringify(document))).toMatchObject({ ok: true })
    const { code } = await run(['check', '--config', join(HERE, recipe.path, 'latchkey.json')])
    expect(code).toBe(0)
  })
})

describe('the variant behind Dapr', () => {
  const { deployment, gate, pod, policy, document } = recipeOf('./dapr/')
  const annotations = deployment.spec.template.metadata.annotations ?? {}

  it('has daprd call the gate, with the token that the gate is given', () => {
    const tokens = pod.volumes.find(({ projected }) => projected)
    const [first] = tokens?.projected?.sources ?? []
    expect(annotations).toMatchObject({
      'dapr.io/enabled': 'true',
      'dapr.io/app-port': flagOf(gate, 'port'),
      'dapr.io/app-protocol': 'http',
      'dapr.io/app-token-secret': first?.secret.name,
    })
    // The key that Dapr reads.
    expect(first?.secret.items).toEqual([{ key: 'token', path: 'APP_API_TOKEN' }])
    expect(document.credentials[0]).toMatchObject({ from: [{ header: 'dapr-api-token' }] })
  })

  it('has daprd ask an app that answers, at the path that needs no token', () => {
    expect(annotations).toMatchObject({
      'dapr.io/enable-app-health-check': 'true',
      'dapr.io/app-health-check-path': document.routes[0]?.path,
    })
  })

  it('has every annotation as a text, as Kubernetes wants it', () => {
    for (const value of Object.values(annotations)) expect(value).toBeTypeOf('string')
  })

  it('lets daprd start without a service account’s token', () => {
    expect(pod.automountServiceAccountToken).toBe(false)
    expect(annotations['dapr.io/disable-builtin-k8s-secret-store']).toBe('true')
  })

  it('shuts the gate to other pods', () => {
    expect(policy.spec.ingress.flatMap(({ ports }) => ports.map(({ port }) => port))).toEqual([50002])
  })
})

/** Each kind of manifest here, and where its type and its schema are. */
const KINDS: Readonly<Record<string, string>> = {
  'apps/v1 Deployment': 'apps/v1',
  'v1 Service': 'v1',
  'v1 ConfigMap': 'v1',
  'networking.k8s.io/v1 NetworkPolicy': 'networking.k8s.io/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
}

type Model = new (data: unknown) => { validate(): void }

async function validate(manifest: Manifest): Promise<void> {
  if (!existsSync(MODELS)) throw new Error('the schemas are not installed: npm ci --prefix e2e/kubernetes')
  const module = KINDS[`${manifest.apiVersion} ${manifest.kind}`] as string
  const models = (await import(pathToFileURL(join(MODELS, module, 'index.js')).href)) as Record<string, Model>
  const Kind = models[manifest.kind] as Model
  new Kind(manifest).validate()
}

/** What tsc says of manifests as literals of Kubernetes' types: an unknown key is what no schema of its own refuses. */
function typeFaults(manifests: readonly Manifest[]): string {
  const folder = mkdtempSync(join(ROOT, 'e2e/kubernetes/node_modules/.manifests-'))
  try {
    const code = manifests.map((manifest, place) => {
      const module = join(MODELS, KINDS[`${manifest.apiVersion} ${manifest.kind}`] as string, 'index.js')
      const type = `import(${JSON.stringify(module)}).I${manifest.kind}`
      return `export const manifest${place}: ${type} = ${JSON.stringify(manifest, null, 2)}`
    })
    writeFileSync(join(folder, 'manifests.ts'), code.join('\n'))
    const args = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--target',
      'es2022',
      '--module',
      'nodenext',
      '--ignoreConfig',
    ]
    return spawnSync(join(ROOT, 'node_modules/.bin/tsc'), [...args, join(folder, 'manifests.ts')], { encoding: 'utf8' })
      .stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe('Kubernetes’ own types', () => {
  const manifests = RECIPES.flatMap((recipe) => recipe.manifests)

  it.each(manifests.map((each) => [each.kind, each.metadata.name, each] as const))(
    'take %s %s',
    async (_, __, each) => {
      await validate(each)
    },
  )

  it('know every key', () => {
    expect(typeFaults(manifests)).toBe('')
  })

  it('would tell a wrong type and a misspelt key', async () => {
    const [deployment] = manifests as [Manifest]
    const text = JSON.stringify(deployment)
    await expect(validate(JSON.parse(text.replace('"seconds":5', '"seconds":"5"')))).rejects.toThrow('must be integer')
    const misspelt = JSON.parse(text.replace('"enableServiceLinks"', '"enableServiceLink"'))
    expect(typeFaults([misspelt])).toMatch(/"enableServiceLink"' does not exist in type 'IPodSpec'/)
  })
})

const kubectl = spawnSync('kubectl', ['version', '--client'], { stdio: 'ignore' }).status === 0
const unlessThere = kubectl ? '' : ' (skipped: there is no kubectl here)'

function ask(args: readonly string[], input = ''): string {
  return execFileSync('kubectl', args, {
    input,
    encoding: 'utf8',
    cwd: HERE,
    env: { ...process.env, KUBECONFIG: '/dev/null' },
  })
}

/** The commands that a section of README.md gives as a script of their own. */
function scriptsOf(heading: string): string[] {
  const section = readFileSync(join(HERE, 'README.md'), 'utf8')
    .split(/^## /m)
    .find((each) => each.startsWith(`${heading}\n`))
  return Array.from((section ?? '').matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, text]) => text as string)
}

/**
 * Runs scripts where `kubectl` keeps what it is told in files, in a cluster's place, and `npx latchkey` is this one. What
 * is asked and changed is kubectl's own doing, by --dry-run and --local.
 */
function shellWithoutCluster() {
  const place = folder()
  const real = execFileSync('sh', ['-c', 'command -v kubectl'], { encoding: 'utf8' }).trim()
  const stub = `#!/bin/sh -e
    there() { command=$1 name=$3; shift 3; ${real} "$command" --local -f ${place}/"$name".yaml "$@"; }
    case "$1" in
      apply) ${real} kustomize "$3" > ${place}/applied.yaml ;;
      create) ${real} "$@" --dry-run=client -o yaml > ${place}/"$4".yaml ;;
      get) name=$3; shift 3; there patch secret "$name" --patch '{}' "$@" ;;
      patch) there "$@" -o yaml > ${place}/next.yaml; mv ${place}/next.yaml ${place}/"$3".yaml ;;
    esac`
  writeFileSync(join(place, 'kubectl'), stub, { mode: 0o755 })
  const npx = `#!/bin/sh\nshift\nexec ${process.execPath} -- ${join(ROOT, 'src/cli/main.ts')} "$@"\n`
  writeFileSync(join(place, 'npx'), npx, { mode: 0o755 })
  const env = { PATH: `${place}:${process.env['PATH']}`, KUBECONFIG: '/dev/null' }
  return {
    run: (script: string) => execFileSync('sh', ['-e', '-c', script], { cwd: HERE, env, encoding: 'utf8' }),
    /** A Secret's values, as an API server stores them. */
    secret(name: string): Record<string, string> {
      const { data, stringData } = parse(readFileSync(join(place, `${name}.yaml`), 'utf8')) as Record<string, object>
      const decoded = Object.entries(data ?? {}).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()])
      return { ...Object.fromEntries(decoded), ...stringData }
    },
  }
}

describe.skipIf(!kubectl)(`kubectl${unlessThere}`, () => {
  it.each(RECIPES.map(({ path }) => path))('puts %s together, with the document’s name in the pods', async (path) => {
    const all = parseAllDocuments(ask(['kustomize', path])).map((each) => each.toJS() as Manifest)
    const name = all.find(({ kind }) => kind === 'ConfigMap')?.metadata.name
    expect(name).toMatch(/-gate-[a-z0-9]{10}$/)
    const deployment = all.find(({ kind }) => kind === 'Deployment')
    expect(JSON.stringify(deployment)).toContain(`"configMap":{"name":"${name}"}`)
    expect(JSON.stringify(deployment)).toContain(`"image":"registry.example/latchkey:${VERSION}"`)
    for (const each of all) await validate(each)
    const document = (all.find(({ kind }) => kind === 'ConfigMap') as { data?: Record<string, string> } | undefined)
      ?.data
    expect((await run(['check', '--config', fileOf(document?.['latchkey.json'])])).code).toBe(0)
  })

  it.each([
    ['Apply it', 'orders-token'],
    ['Behind Dapr', 'orders-dapr-token'],
  ])('makes the Secret of "%s", and no newline in it', (heading, name) => {
    const { run: shell, secret } = shellWithoutCluster()
    for (const script of scriptsOf(heading)) shell(script)
    expect(secret(name)).toEqual({ token: expect.stringMatching(TOKEN) })
  })

  it('rotates by the commands of README.md: old and new, then the new one alone', () => {
    const { run: shell, secret } = shellWithoutCluster()
    for (const script of scriptsOf('Apply it')) shell(script)
    const { token: old } = secret('orders-token')
    const [begin = '', end = ''] = scriptsOf('Rotate a token')
    shell(begin)
    const { token } = secret('orders-token')
    expect(secret('orders-token')).toEqual({ token: expect.stringMatching(TOKEN), previous: old })
    expect(token).not.toBe(old)
    shell(end)
    expect(secret('orders-token')).toEqual({ token })
  })
})
