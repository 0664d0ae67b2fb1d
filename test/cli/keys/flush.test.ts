import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Failure } from '../../../src/cli/failure.ts'
import { flushAfterRevocation } from '../../../src/cli/keys/flush.ts'
import { fileOf } from '../run.ts'
import { DOCUMENT, place } from './place.ts'

/** What stands in API Gateway's place, as a variable, and what it was asked. */
async function apiGateway(
  status: number,
): Promise<{ readonly variables: Record<string, string>; readonly paths: string[] }> {
  const paths: string[] = []
  const server = createServer(({ url = '' }, response) => {
    paths.push(url)
    response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'never told',
  }
  return { paths, variables: { AWS_ENDPOINT_URL_API_GATEWAY: endpoint, ...credentials } }
}

describe.each(['a store', 'a deployment'] as const)('keys revoke --flush, over %s', (kind) => {
  // Of a deployment the command knows no document by itself, and would wait for as long as keys are in memory by default.
  const document = () => (kind === 'a store' ? [] : ['--config', fileOf(DOCUMENT)])

  it('revokes, empties the caches, and says what remains', async () => {
    const { variables, paths } = await apiGateway(202)
    const { done, keys, call } = await place(kind, variables)
    const token = (await done('create', '--name', 'orders', '--type', 'full-access')).trim()
    expect((await call(token))[0]).not.toBe(401)
    const stages = ['--flush', 'abc/prod', '--flush', 'def/$default']
    const { code, stdout, stderr } = await keys('revoke', 'orders', ...stages, ...document())
    expect(await call(token)).toEqual([401, 'token-revoked'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/revoked/)
    expect(stderr).toMatch(/^the key is revoked\nemptied the authorizer cache of abc\/prod\n/m)
    expect(stderr).toMatch(/what remains: open WebSocket connections, for up to 2 h; what AppSync keeps, for its TTL/)
    const cacheOf = (stage: string) => `/restapis/${stage}/cache/authorizers`
    expect(paths).toEqual([cacheOf('abc/stages/prod'), cacheOf('def/stages/%24default')])
  })

  it('is revoked all the same where a cache cannot be emptied, says so first, and exits 1', async () => {
    const { variables } = await apiGateway(403)
    const { done, keys, call } = await place(kind, variables)
    const token = (await done('create', '--name', 'orders', '--type', 'full-access')).trim()
    const { code, stderr } = await keys('revoke', 'orders', '--flush', 'abc/prod')
    expect(await call(token)).toEqual([401, 'token-revoked'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^the key is revoked\nerror the key is revoked, and the authorizer cache of abc\/prod is not emptied: /m,
    )
    expect(stderr).not.toContain('never told')
  })

  it('revokes nothing where --flush is misspelt', async () => {
    const { done, keys, call } = await place(kind)
    const token = (await done('create', '--name', 'orders', '--type', 'full-access')).trim()
    const { code, stderr } = await keys('revoke', 'orders', '--flush', 'prod')
    expect([code, stderr]).toEqual([2, expect.stringMatching(/--flush takes an API's id and a stage/)])
    expect((await call(token))[0]).not.toBe(401)
  })
})

describe('what running functions answer until they look again', () => {
  const STAGES = [
    { api: 'abc', stage: 'prod' },
    { api: 'def', stage: 'prod' },
  ]

  /** Runs a flush, and tells what was done in which order. */
  async function flushed(cacheSeconds: number, fails: (api: string, time: number) => boolean = () => false) {
    const steps: string[] = []
    const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
    onTestFinished(() => write.mockRestore())
    const code = await flushAfterRevocation(STAGES, {
      cacheSeconds,
      async flush({ api }) {
        const time = steps.filter((step) => step === api).length
        steps.push(api)
        if (fails(api, time)) throw new Failure('no')
      },
      wait: async (seconds) => steps.push(`${seconds} s`),
    })
    return { code, steps, said: write.mock.calls.map(([text]) => text).join('') }
  }

  it('is flushed again, as API Gateway would keep it', async () => {
    expect(await flushed(10)).toMatchObject({
      code: 0,
      steps: ['abc', 'def', '10 s', 'abc', 'def'],
      said: expect.stringContaining('once more in 10 s, when no running function has the key in memory'),
    })
  })

  it('is flushed once where no key is kept in memory', async () => {
    expect(await flushed(0)).toMatchObject({ code: 0, steps: ['abc', 'def'] })
  })

  it('is left to the operator where that is long', async () => {
    expect(await flushed(600)).toMatchObject({
      code: 0,
      steps: ['abc', 'def'],
      said: expect.stringMatching(/in memory for up to 600 s \(cacheSeconds\): flush again after that/),
    })
  })

  it('a stage that fails keeps no other from being flushed', async () => {
    const { code, steps, said } = await flushed(10, (api) => api === 'abc')
    expect([code, steps]).toEqual([1, ['abc', 'def', '10 s', 'def']])
    expect(said).toMatch(/error the key is revoked, and the authorizer cache of abc\/prod is not emptied: no/)
  })

  it('a second flush that fails is a failure', async () => {
    expect(await flushed(10, (api, time) => api === 'def' && time === 1)).toMatchObject({ code: 1 })
  })
})
