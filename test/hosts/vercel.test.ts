import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Observed } from './compare.ts'
import { differences } from './compare.ts'
import { noSecretIn } from './leaks.ts'
import type { Vector } from './vector.ts'
import { skipReason, vectors } from './vector.ts'
import type { Sandbox } from './vercel-entry.ts'
import { fieldsOf, notInUrl, passedOn } from './vercel-middleware.ts'

let code = ''

beforeAll(async () => {
  const bundle = await build({
    entryPoints: [new URL('vercel-entry.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    conditions: ['edge-light'],
    logLevel: 'silent',
  })
  code = bundle.outputFiles[0]?.text ?? ''
})

for (const vector of vectors()) {
  test(vector.name, async (context) => {
    const reason = skipReason(vector, 'vercel', notInUrl)
    if (reason !== undefined) return context.skip(reason)
    const observed = await observe(vector)
    expect(differences(vector, observed)).toEqual([])
    noSecretIn(JSON.stringify({ ...observed, origin: undefined }), vector)
  })
}

/** What the middleware answers in the edge runtime's sandbox, which has neither Node nor `eval`. */
async function observe(vector: Vector): Promise<Observed> {
  const { document, now, secrets, request } = vector
  const runtime = new EdgeRuntime({ extend: (context) => Object.assign(context, { process: environment(secrets) }) })
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

function environment(secrets: Vector['secrets']): { env: Record<string, string> } {
  return { env: { ...secrets, VERCEL: '1', VERCEL_ENV: 'production' } }
}

/** The row's fields, and the client's address where Vercel's edge puts it, over what the client has sent. */
function headersOf({ request }: Vector): Headers {
  const headers = new Headers([['host', request.host]])
  for (const [name, value] of request.headers) headers.append(name, value)
  headers.set('x-real-ip', request.address)
  return headers
}
