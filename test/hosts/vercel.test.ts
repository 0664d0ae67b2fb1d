import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { BUILD_TIMEOUT, buildForVercel } from '../vercel/vercel-build.ts'
import type { Observed } from './compare.ts'
import { differences } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'
import { fieldsOf, notInUrl, passedOn } from './vercel-middleware.ts'
import type { VercelStores } from './vercel-stores.ts'
import { vercelStores } from './vercel-stores.ts'

const table = vectors()
let code = ''
let stores: VercelStores

/** Vercel calls what the module gives by default for every request. */
const WRAPPED = `
  import middleware from './functions/middleware.func/middleware.js'
  addEventListener('fetch', (event) => event.respondWith(middleware(event.request)))
`

beforeAll(async () => {
  const output = await buildForVercel('table', 'e2e/vercel/table')
  const bundle = await build({
    stdin: { contents: WRAPPED, resolveDir: output },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    conditions: ['edge-light'],
    logLevel: 'silent',
  })
  code = bundle.outputFiles[0]?.text ?? ''
  stores = await vercelStores(table)
}, BUILD_TIMEOUT)

afterAll(() => stores?.stop())

for (const vector of table) {
  test(vector.name, async (context) => {
    const reason = skipReason(vector, 'vercel', notInUrl)
    if (reason !== undefined) return context.skip(reason)
    const observed = await observe(vector)
    expect(differences(vector, observed)).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  })
}

/** What is laid into the sandbox for one request, and found there after it. */
interface Sandbox {
  /** As JSON, so that nothing of the realm outside gets in. */
  given: string
  written: string
}

/** What the middleware answers in the edge runtime's sandbox, which has neither Node nor `eval`. */
async function observe(vector: Vector): Promise<Observed> {
  const { document, now, request } = vector
  const runtime = new EdgeRuntime({ extend: (context) => Object.assign(context, { process: environment(vector) }) })
  const sandbox = runtime.context as unknown as Sandbox
  sandbox.given = JSON.stringify({ document, now })
  runtime.evaluate(code)
  const { method, scheme, host, target } = request
  const body = request.body === undefined ? {} : { body: request.body }
  const response = await runtime.dispatchFetch(`${scheme}://${host}${target}`, {
    method,
    headers: headersOf(vector),
    ...body,
  })
  const events = JSON.parse(sandbox.written) as LatchkeyEvent[]
  const origin = passedOn(response, vector)
  return { status: response.status, headers: fieldsOf(response), body: await response.text(), origin, events }
}

function environment({ document, secrets, store }: Vector): { env: Record<string, string | undefined> } {
  const named = store && document.store && { [document.store.binding]: stores.textOf(store.is), ...stores.variables }
  return { env: { ...secrets, ...named, VERCEL: '1', VERCEL_ENV: 'production' } }
}

/** The row's fields, and the client's address where Vercel's edge puts it, over what the client has sent. */
function headersOf({ request }: Vector): Headers {
  const headers = new Headers([['host', request.host]])
  for (const [name, value] of request.headers) headers.append(name, value)
  if (request.address === undefined) headers.delete('x-real-ip')
  else headers.set('x-real-ip', request.address)
  return headers
}
