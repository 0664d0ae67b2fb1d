import { EdgeRuntime } from 'edge-runtime'
import { build } from 'esbuild'
import { expect, it } from 'vitest'

const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'

/** A project's middleware that names its secrets one by one, in a sandbox that has no `process` at all. */
const PROJECT = `
  import { env, middleware } from './adapters/vercel/index.ts'
  const document = { credentials: [{ kind: 'static-token', tokens: { secret: 'APP_TOKEN' } }], routes: [{ path: '/*' }] }
  const gate = middleware({ document, secrets: env({ APP_TOKEN: '${TOKEN}' }), sink: { write() {} } })
  addEventListener('fetch', (event) => event.respondWith(gate(event.request, event)))
`

it('runs where there is no Node, no process and no eval, with secrets that are given by name', async () => {
  const { outputFiles } = await build({
    stdin: { contents: PROJECT, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2023',
    conditions: ['edge-light'],
    logLevel: 'silent',
  })
  const runtime = new EdgeRuntime({ initialCode: outputFiles[0]?.text ?? '' })
  const statusWith = async (headers: Record<string, string>) =>
    (await runtime.dispatchFetch('https://shop.example/x', { headers })).status
  expect(runtime.evaluate('typeof process')).toBe('undefined')
  expect(await statusWith({ authorization: `Bearer ${TOKEN}` })).toBe(200)
  expect(await statusWith({})).toBe(401)
})
