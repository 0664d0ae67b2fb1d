import { createServer } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Document } from '../../src/document.ts'
import { DOCUMENT, TOKENS } from '../given/authority.ts'
import { ask, checkOf } from '../node/envoy.ts'
import { fileOf, run, serving } from './run.ts'

const PROXIED: Document = { ...DOCUMENT, origin: 'http://127.0.0.1:9', proxies: { addresses: ['127.0.0.1'] } }
const CHECK = checkOf({ headers: { authorization: `Bearer ${TOKENS.FULL}` } })

describe('serve --grpc', () => {
  it('answers Envoy on a port of its own, and ends with the gate', async () => {
    const { child, outcome, until } = await serving(['--grpc', '0', '--config', fileOf(PROXIED)], TOKENS)
    const [, address = ''] = await until(/, gRPC for Envoy on (127\.0\.0\.1:\d+), origin /)
    expect((await ask({ address }, CHECK)).status.code).toBe(0)
    expect((await ask({ address }, checkOf())).status).toMatchObject({ code: 16, message: 'credential-missing' })
    child.kill('SIGTERM')
    const { code, stdout, stderr } = await outcome
    expect(code).toBe(0)
    expect(stderr).not.toContain('everybody is refused')
    expect(stdout).not.toContain(TOKENS.FULL)
    expect(stdout.match(/"type":"decision"/g)).toHaveLength(2)
  })

  it('warns where nobody may ask', async () => {
    const { until } = await serving(['--grpc', '0'], { LATCHKEY_TOKEN: TOKENS.FULL })
    const [, address = ''] = await until(/gRPC for Envoy on (127\.0\.0\.1:\d+), /)
    await until(/"proxies" in the document says who may ask by gRPC: without it everybody is refused$/m)
    expect((await ask({ address }, CHECK)).status).toMatchObject({ code: 7, message: 'proxy-untrusted' })
  })

  it('tells its address in the JSON of the start', async () => {
    const { until } = await serving(['--grpc', '0', '--json'], { LATCHKEY_TOKEN: TOKENS.FULL })
    const [, address = ''] = await until(/"grpc":"(127\.0\.0\.1:\d+)"/)
    expect((await ask({ address }, CHECK)).status.message).toBe('proxy-untrusted')
  })

  it('does not start on a port that is taken', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const { port } = server.address() as { port: number }
    const { code, stderr } = await run(['serve', '--port', '0', '--grpc', String(port)], {
      LATCHKEY_TOKEN: TOKENS.FULL,
    })
    expect(code).toBe(2)
    expect(stderr).toContain(`--grpc ${port}: the port is taken, or not yours`)
  })
})
