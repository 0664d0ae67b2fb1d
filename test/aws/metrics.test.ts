import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Bundle } from './bundle.ts'
import { bundle } from './bundle.ts'
import { restEvent } from './events.ts'

/** What the built authorizer writes into its log, each time in a process of its own. */

const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'
const ALLOWED = restEvent({ method: 'GET', target: '/orders', headers: [['Authorization', `Bearer ${TOKEN}`]] })
const REFUSED = restEvent({ method: 'GET', target: '/orders', headers: [] })

/** In Lambda the console writes a prefix before what it is given; stdout takes it as it is. */
const SCRIPT = `
  const [path, ...events] = JSON.parse(process.argv[1])
  const log = console.log
  console.log = (line) => log('console ' + line)
  const { handler } = await import(path)
  for (const event of events) await handler(event).catch(() => undefined)
`

let built: Bundle

beforeAll(async () => {
  built = await bundle({
    credentials: [{ kind: 'static-token', tokens: { secret: 'T' }, type: 'full-access' }],
    routes: [{ path: '/*' }],
  })
})
afterAll(() => built?.remove())

async function linesOf(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', SCRIPT, JSON.stringify([built.path, ALLOWED, REFUSED])],
    { env: { T: TOKEN, ...variables } },
  )
  return stdout.trim().split('\n')
}

describe('the lines of an authorizer', () => {
  test('are events and nothing else where no variable asks for metrics', async () => {
    const lines = await linesOf({})
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      expect(line.startsWith('console {"type":"decision"')).toBe(true)
      expect(line).not.toContain('_aws')
    }
  })

  test('are metrics from the first one on where it does', async () => {
    const lines = await linesOf({ LATCHKEY_AWS_METRICS: 'latchkey/prod' })
    const [allowed, refused, ...more] = lines.map((line) => JSON.parse(line.replace(/^console /, '')))
    expect(more).toEqual([])
    expect(allowed).toMatchObject({ decision: 'allow', Allowed: 1, Refused: 0, Duration: expect.any(Number) })
    expect(refused).toMatchObject({ decision: 'deny', reason: 'credential-missing', Allowed: 0, Refused: 1 })
    for (const { _aws } of [allowed, refused]) {
      expect(_aws.CloudWatchMetrics[0]).toMatchObject({ Namespace: 'latchkey/prod', Dimensions: [[]] })
    }
  })

  test('go by the console nowhere where the log is JSON, which would hide them', async () => {
    const lines = await linesOf({ LATCHKEY_AWS_METRICS: 'latchkey/prod', AWS_LAMBDA_LOG_FORMAT: 'JSON' })
    expect(lines.map((line) => (JSON.parse(line) as { decision: string }).decision)).toEqual(['allow', 'deny'])
  })

  test('are plain, and tell why, where the namespace is none', async () => {
    const [notice = '', ...events] = await linesOf({ LATCHKEY_AWS_METRICS: 'AWS/Lambda' })
    expect(notice).toContain('"level":"error","message":"LATCHKEY_AWS_METRICS names no namespace of CloudWatch')
    expect(events).toHaveLength(2)
    expect(events.join()).not.toContain('_aws')
  })

  test('are made by a module that is not loaded at the start', () => {
    expect(built.inputs).toContain('adapters/aws/sink.ts')
    expect(built.inputs.filter((input) => /metrics/.test(input))).toEqual([])
  })
})
