import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Served } from '../../test/cli/run.ts'
import { folder, run, serving } from '../../test/cli/run.ts'
import { originThat } from '../../test/node/parts.ts'
import type { Sent } from '../send.ts'
import { send } from '../send.ts'
import type { Secrets } from './kubelet.ts'
import { filesOf, mounted, project } from './kubelet.ts'
import type { Recipe } from './manifests.ts'
import { flagOf, RECIPES, recipeOf } from './manifests.ts'

/** The gate as a process of its own, by the manifests' arguments. The tests play the kubelet, and daprd. */

const OLD = 'Qd0yJ4hWqGJ0mXrGm2cT7uYb6oZ1eSx5iKfNpHvLwAk'
const NEW = '3bOfwRxNyy8TzIkPZnEb9aXlCsg1AtQfRLn5kDeVvU0'

/** How the callers of each recipe send their token, and which of its paths needs none. */
const CALLS = {
  './': { token: (text: string) => ['Authorization', `Bearer ${text}`] as const, open: '/health' },
  './dapr/': { token: (text: string) => ['dapr-api-token', text] as const, open: '/healthz' },
} as const

interface Pod extends Served {
  /** Changes the pod's Secret, and what is mounted of it. */
  rotate(values: Readonly<Record<string, string>>): void
  status(path: string, token?: string, sent?: Sent): Promise<number>
}

interface Changed {
  /** Where the app is; default: one that answers 200. */
  readonly origin?: string
  /** In place of the recipe's document. */
  readonly text?: string
  readonly variables?: Readonly<Record<string, string>>
}

/** Mounts a pod’s volumes into folders, and starts its gate by its arguments; but on a free port, before a test’s app. */
async function started(recipe: Recipe, values: Readonly<Record<string, string>>, changed: Changed = {}): Promise<Pod> {
  const { gate, pod, document, path } = recipe
  const origin = changed.origin ?? (await originThat()).url
  const root = folder()
  // The least that a document can ask for, so that the test waits no longer than it must.
  const text = changed.text ?? JSON.stringify({ ...document, origin, secretsSeconds: 1 })
  const tokens = pod.volumes.find((each) => each.projected) as (typeof pod.volumes)[number]
  const [secretName = ''] = (tokens.projected?.sources ?? []).map(({ secret }) => secret.name)
  const files = (now: Readonly<Record<string, string>>) => filesOf(tokens, { [secretName]: now } satisfies Secrets)
  const places = new Map(
    (gate.volumeMounts ?? []).map(({ name, mountPath }) => {
      const place = join(root, mountPath)
      mounted(place, name === tokens.name ? files(values) : { 'latchkey.json': text })
      return [mountPath, place] as const
    }),
  )
  const args = (gate.args ?? []).slice(1).filter((each) => !each.startsWith('--port='))
  const here = args.map((arg) => Array.from(places).reduce((all, [from, to]) => all.replace(`=${from}`, `=${to}`), arg))
  const served = await serving(here, changed.variables)
  const url = served.url.replace('0.0.0.0', '127.0.0.1')
  const { token } = CALLS[path as keyof typeof CALLS]
  return {
    ...served,
    url,
    rotate: (now) => project(places.get(flagOf(gate, 'secrets') ?? '') as string, files(now)),
    status: async (target, value, sent = {}) => {
      const headers = value === undefined ? [] : [token(value)]
      return (await send(`${url}${target}`, { ...sent, headers: [...headers, ...(sent.headers ?? [])] })).status
    },
  }
}

const polling = { timeout: 15_000, interval: 50 }

describe.each(RECIPES)('the gate of $path', (recipe) => {
  const { open } = CALLS[recipe.path as keyof typeof CALLS]

  it('rotates as the Secret does, without a restart and without a gap', async () => {
    const { rotate, status, child } = await started(recipe, { token: OLD })
    const both = async () => [await status('/orders/7', OLD), await status('/orders/7', NEW)]
    expect(await both()).toEqual([200, 401])
    rotate({ token: NEW, previous: OLD })
    const olds: unknown[] = []
    const now = async () => {
      const [old, status] = await both()
      olds.push(old)
      return status
    }
    await expect.poll(now, polling).toBe(200)
    expect(new Set(olds)).toEqual(new Set([200]))
    rotate({ token: NEW })
    await expect.poll(both, polling).toEqual([401, 200])
    expect(child.exitCode).toBeNull()
  })

  it('answers its probes without a token, and the app’s through the gate', async () => {
    const { status } = await started(recipe, { token: NEW })
    const { startupProbe, livenessProbe, readinessProbe } = recipe.gate
    for (const probe of [startupProbe, livenessProbe, readinessProbe, recipe.app.readinessProbe]) {
      expect(await status(probe?.httpGet.path ?? '')).toBe(200)
    }
    expect([await status('/orders/7'), await status(open, undefined, { method: 'POST' })]).toEqual([401, 401])
  })

  it('is not ready with a document that has a fault, and lives', async () => {
    const { status } = await started(recipe, { token: NEW }, { text: '{ "colour": "red" }' })
    const { livenessProbe, readinessProbe } = recipe.gate
    expect(await status(livenessProbe?.httpGet.path ?? '')).toBe(200)
    expect(await status(readinessProbe.httpGet.path)).toBe(503)
  })

  it('is not ready where the app does not answer, by the app’s own probe', async () => {
    const { status } = await started(recipe, { token: NEW }, { origin: 'http://127.0.0.1:9' })
    expect(await status(recipe.gate.readinessProbe.httpGet.path)).toBe(200)
    expect(await status(recipe.app.readinessProbe.httpGet.path)).toBe(502)
  })

  it('at SIGTERM lets the request in flight end, and ends with 0', async () => {
    let end: (() => void) | undefined
    const arrived = new Promise<void>((resolve) => {
      end = resolve
    })
    let answer: (() => void) | undefined
    const origin = await originThat((_, response) => {
      answer = () => void response.end('late')
      end?.()
    })
    const { status, child, until, outcome } = await started(recipe, { token: NEW }, { origin: origin.url })
    const asked = status('/orders/7', NEW)
    await arrived
    child.kill('SIGTERM')
    await until(/^SIGTERM: finishing requests in flight/m)
    await expect(status('/orders/7', NEW)).rejects.toThrow()
    answer?.()
    expect(await asked).toBe(200)
    expect((await outcome).code).toBe(0)
  })

  it('warns that it listens beyond loopback in the clear', async () => {
    const { until } = await started(recipe, { token: NEW })
    await until(/^warning 0\.0\.0\.0 is reachable from other machines/m)
  })

  it('does not start its pod without the token, and does without the one before it', () => {
    const tokens = recipe.pod.volumes.find((each) => each.projected) as (typeof recipe.pod.volumes)[number]
    const [name = ''] = (tokens.projected?.sources ?? []).map(({ secret }) => secret.name)
    expect(() => filesOf(tokens, { [name]: { previous: OLD } })).toThrow('non-existent secret key: token')
    expect(filesOf(tokens, { [name]: { token: NEW } })).toEqual({ APP_API_TOKEN: NEW })
  })
})

describe('what Kubernetes adds by itself', () => {
  // What a Service called "latchkey" sets in every pod of its namespace, unless enableServiceLinks is false.
  const LINKS = { LATCHKEY_PORT: 'tcp://10.96.0.7:8787', LATCHKEY_SERVICE_HOST: '10.96.0.7' }

  it('a Service’s variable is no port, so the manifests name theirs', async () => {
    const { status } = await started(recipeOf('./'), { token: NEW }, { variables: LINKS })
    expect(await status('/orders/7', NEW)).toBe(200)
    const { code, stderr } = await run(['serve'], LINKS)
    expect([code, stderr]).toEqual([2, expect.stringContaining('a port is a number')])
  })

  it('a token with the newline of `echo` counts without it', async () => {
    const { status } = await started(recipeOf('./'), { token: `${NEW}\n` })
    expect(await status('/orders/7', NEW)).toBe(200)
  })
})

describe('daprd', () => {
  it.each<[string, Sent]>([
    ['/dapr/config', {}],
    ['/dapr/subscribe', {}],
    ['/orders-queue', { method: 'OPTIONS' }],
    ['/price', {}],
    ['/pubsub--orders--default', { method: 'POST', body: '{}' }],
    ['/actors/Counter/1/method/add', { method: 'PUT' }],
    ['/job/nightly', { method: 'POST' }],
  ])('asks %s %j with its token, and nobody does without', async (path, sent) => {
    const { status } = await started(recipeOf('./dapr/'), { token: NEW })
    expect([await status(path, NEW, sent), await status(path, undefined, sent)]).toEqual([200, 401])
  })

  it('finds the app unhealthy until it listens, though the gate already does', async () => {
    const recipe = recipeOf('./dapr/')
    const path = recipe.deployment.spec.template.metadata.annotations?.['dapr.io/app-health-check-path'] ?? ''
    const early = await started(recipe, { token: NEW }, { origin: 'http://127.0.0.1:9' })
    expect(await early.status(path)).toBe(502)
    expect(await (await started(recipe, { token: NEW })).status(path)).toBe(200)
  })
})
