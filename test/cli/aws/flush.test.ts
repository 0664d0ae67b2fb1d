import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import aws4 from 'aws4'
import { expect, it, onTestFinished, test } from 'vitest'
import { flusher, stageGiven } from '../../../src/cli/aws/flush.ts'
import { Failure } from '../../../src/cli/failure.ts'
import { UsageError } from '../../../src/cli/usage.ts'

const SECRETS = {
  AWS_SECRET_ACCESS_KEY: 'a secret access key of these tests',
  AWS_SESSION_TOKEN: 'a session of these tests',
}
const VARIABLES = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', ...SECRETS }

type Reply = readonly [status: number, exception?: string]

/** What stands in API Gateway's place, and what it was asked. */
async function apiGateway(reply: (path: string) => Reply) {
  const asked: IncomingMessage[] = []
  const server = createServer((request, response) => {
    asked.push(request)
    const [status, exception] = reply(request.url ?? '')
    if (exception) response.setHeader('x-amzn-ErrorType', `${exception}:http://internal.amazon.com/coral/`)
    response.writeHead(status).end(status < 300 ? '' : JSON.stringify({ message: 'what AWS says' }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const paths = () => asked.map(({ method, url: path }) => `${method} ${path}`)
  return { asked, paths, url, flush: flusher({ ...VARIABLES, AWS_ENDPOINT_URL_API_GATEWAY: url }) }
}

const REST = 'DELETE /restapis/a1b2c3d4e5/stages/prod/cache/authorizers'
const HTTP = 'DELETE /v2/apis/a1b2c3d4e5/stages/prod/cache/authorizers'
const STAGE = { api: 'a1b2c3d4e5', stage: 'prod' }

/** A REST API answers 202, an HTTP API 204. */
const only =
  (kind: '/restapis/' | '/v2/', otherwise: Reply = [404, 'NotFoundException']) =>
  (path: string): Reply =>
    path.startsWith(kind) ? [kind === '/v2/' ? 204 : 202] : otherwise

it('empties the cache of a REST API, by a signed call', async () => {
  const { asked, paths, url, flush } = await apiGateway(only('/restapis/'))
  await flush(STAGE)
  expect(paths()).toEqual([REST])
  const { authorization = '', 'x-amz-date': date = '', 'x-amz-security-token': session } = asked[0]?.headers ?? {}
  expect(session).toBe(SECRETS.AWS_SESSION_TOKEN)
  expect(authorization).toContain('/eu-central-1/apigateway/aws4_request')
  const { headers } = aws4.sign(
    {
      ...{ service: 'apigateway', region: 'eu-central-1', method: 'DELETE', host: new URL(url).host, body: '' },
      ...{ path: asked[0]?.url ?? '', headers: { 'X-Amz-Date': String(date) } },
    },
    {
      accessKeyId: VARIABLES.AWS_ACCESS_KEY_ID,
      secretAccessKey: SECRETS.AWS_SECRET_ACCESS_KEY,
      sessionToken: SECRETS.AWS_SESSION_TOKEN,
    },
  )
  expect(authorization).toBe(headers['Authorization'])
})

it.each([
  ['no REST API has the id', [404, 'NotFoundException']],
  ['the credentials are for HTTP APIs', [403, 'AccessDeniedException']],
] as const)('empties that of an HTTP API where %s', async (_, otherwise) => {
  const { paths, flush } = await apiGateway(only('/v2/', otherwise))
  await flush(STAGE)
  expect(paths()).toEqual([REST, HTTP])
})

it('escapes the stage $default', async () => {
  const { paths, flush } = await apiGateway(only('/v2/'))
  await flush({ api: 'abc', stage: '$default' })
  expect(paths().at(-1)).toBe('DELETE /v2/apis/abc/stages/%24default/cache/authorizers')
})

it.each([
  [
    'nothing has the id',
    () => [404, 'NotFoundException'],
    /knows no such API and stage here \(404 NotFoundException\); is the region right\?/,
  ],
  [
    'nothing is allowed',
    () => [403, 'AccessDeniedException'],
    /may not do that \(403 AccessDeniedException\); they need apigateway:DELETE/,
  ],
  [
    'only one is allowed, and it is not there',
    (path: string) => (path.startsWith('/v2/') ? [404] : [403]),
    /may not do that \(403\)/,
  ],
  ['it is asked too often', () => [429, 'TooManyRequestsException'], /asked too often/],
  ['it is broken', () => [500], /API Gateway answered 500/],
] satisfies [string, (path: string) => Reply, RegExp][])('fails where %s', async (_, reply, message) => {
  const { flush } = await apiGateway(reply)
  const error = await flush(STAGE).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Failure)
  expect((error as Failure).message).toMatch(message)
})

test('no message tells a secret, nor what AWS said', async () => {
  const { flush } = await apiGateway(() => [400, 'BadRequestException'])
  const closed = flusher({ ...VARIABLES, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' })
  const errors = await Promise.all(
    [flush, closed, flusher({ AWS_REGION: 'x' }), flusher({})].map((each) =>
      each(STAGE).catch((thrown: unknown) => thrown),
    ),
  )
  expect(errors.map((error) => (error as Failure).message)).toEqual([
    'API Gateway answered 400 BadRequestException',
    'API Gateway cannot be reached (ECONNREFUSED)',
    'set AWS_ACCESS_KEY_ID',
    'set AWS_REGION or AWS_DEFAULT_REGION',
  ])
  for (const error of errors) expect(error).toBeInstanceOf(Failure)
})

test('API/STAGE is read strictly, and a token that was pasted is not repeated', () => {
  expect(stageGiven('a1b2c3d4e5/prod')).toEqual(STAGE)
  expect(stageGiven('a1b2c3d4e5/$default')).toEqual({ api: 'a1b2c3d4e5', stage: '$default' })
  for (const text of ['', 'a1b2', 'a1b2/', '/prod', 'a/b/c', '../x/y', 'a?b/c', 'a/b%2f', 'a/$else']) {
    expect(() => stageGiven(text)).toThrow(UsageError)
  }
  const token = `lk_11${'x'.repeat(60)}`
  expect(() => stageGiven(token)).toThrow(/not 'lk_11xxx\.\.\.'/)
})
