import { describe, expect, it, onTestFinished } from 'vitest'
import type { NoticeEvent } from '../../src/model/event.ts'
import { aws } from '../../src/secrets/aws.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { NOBODY, testServer } from '../stores/server.ts'

interface Seen {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly token: unknown
  readonly socket: unknown
}

type Reply = readonly [status: number, body: object | string]

/** AWS's extension on this machine, and a source that asks it; AWS itself is out of reach. */
async function extended(
  answer: (seen: Seen, turn: number) => Reply | undefined,
  variables: Readonly<Record<string, string>>,
) {
  const calls: Seen[] = []
  const server = await testServer((incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url ?? '', 'http://localhost')
    const token = incoming.headers['x-aws-parameters-secrets-token']
    const seen = { path: pathname, query: Object.fromEntries(searchParams), token, socket: incoming.socket }
    const reply = answer(seen, calls.push(seen))
    if (!reply) return
    const [status, body] = reply
    outgoing.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  onTestFinished(() => server.stop())
  const sink = memorySink()
  const extension = {
    AWS_SESSION_TOKEN: 'the-session',
    PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: new URL(server.url).port,
  }
  const source = aws({ AWS_ENDPOINT_URL: NOBODY, AWS_REGION: 'eu-central-1', ...extension, ...variables }, sink, 200)
  const get = async (name: string) => source.get(name)
  return { get, calls, notices: () => sink.events.map((event) => (event as NoticeEvent).message) }
}

async function failureOf(given: Promise<unknown>): Promise<string> {
  const { name, code } = await given.then(
    () => ({ name: 'no failure', code: '' }),
    (error) => error,
  )
  return `${name} ${code}`
}

const parameter = (Value: string): Reply => [
  200,
  { Parameter: { Name: '/x', Type: 'SecureString', Value, Version: 1 }, ResultMetadata: {} },
]
const NOT_READY: Reply = [400, 'not ready to serve traffic, please wait']

/** In the words of the client in which the extension is written. */
const words = (operation: string, exception: string) =>
  `operation error ${operation}, https response error StatusCode: 400, RequestID: 1, api error ${exception}: nothing of that name`

describe('the extension', () => {
  it('is asked for a parameter by its name, with the session, over a connection that is kept', async () => {
    const { get, calls } = await extended(({ query }) => parameter(`value of ${query['name']}\n`), {
      LATCHKEY_SECRETS: 'extension+ssm:/latchkey/prod/',
      OWN: 'extension+ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/x+y:3',
    })
    expect(await get('APP')).toEqual(['value of /latchkey/prod/APP'])
    expect(await get('OWN')).toEqual(['value of arn:aws:ssm:eu-central-1:123456789012:parameter/x+y:3'])
    expect(calls[0]).toMatchObject({
      path: '/systemsmanager/parameters/get',
      query: { name: '/latchkey/prod/APP', withDecryption: 'true' },
      token: 'the-session',
    })
    expect(new Set(calls.map(({ socket }) => socket)).size).toBe(1)
  })

  it('is asked for both versions of a secret, once for all its names', async () => {
    const texts = { AWSCURRENT: '{"A":"new","B":"b"}', AWSPREVIOUS: '{"A":"old","B":"b"}' }
    const { get, calls } = await extended(
      ({ query }) => [
        200,
        { Name: query['secretId'], SecretString: texts[query['versionStage'] as keyof typeof texts] },
      ],
      { LATCHKEY_SECRETS: 'extension+secretsmanager:latchkey/prod' },
    )
    expect(await Promise.all(['A', 'B'].map(get))).toEqual([['new', 'old'], ['b']])
    expect(calls.map(({ path, query }) => [path, query['secretId'], query['versionStage']]).toSorted()).toEqual([
      ['/secretsmanager/get', 'latchkey/prod', 'AWSCURRENT'],
      ['/secretsmanager/get', 'latchkey/prod', 'AWSPREVIOUS'],
    ])
  })

  it('is asked again while it is not ready', async () => {
    const { get, calls } = await extended((_, turn) => (turn < 3 ? NOT_READY : parameter('abc')), {
      A: 'extension+ssm:/x',
    })
    expect(await get('A')).toEqual(['abc'])
    expect(calls).toHaveLength(3)
  })

  it('that is not ready for long is down', async () => {
    const { get, calls } = await extended(() => NOT_READY, { A: 'extension+ssm:/x' })
    expect(await failureOf(get('A'))).toBe('extension+ssm:/x status 400')
    expect(calls.length).toBeLessThan(50)
  })

  it.each<[string, Reply]>([
    ['extension+ssm:/x', [400, words('SSM: GetParameter', 'ParameterNotFound')]],
    ['extension+ssm:/x:7', [400, words('SSM: GetParameter', 'ParameterVersionNotFound')]],
    ['extension+secretsmanager:x', [400, words('Secrets Manager: GetSecretValue', 'ResourceNotFoundException')]],
    ['extension+secretsmanager:x', [400, { __type: 'ResourceNotFoundException' }]],
  ])('says that there is nothing: %s', async (place, reply) => {
    const { get, notices } = await extended(() => reply, { A: place })
    expect(await get('A')).toEqual([])
    expect(notices()).toEqual([`secret A is not set: there is no ${place}`])
  })

  it.each<[string, Reply]>([
    ['by its exception', [400, words('Secrets Manager: GetSecretValue', 'ResourceNotFoundException')]],
    ['by nothing but a status', [400, 'an unexpected error occurred']],
  ])('says that a secret was never rotated, %s', async (_, reply) => {
    const { get } = await extended(
      ({ query }) => (query['versionStage'] === 'AWSCURRENT' ? [200, { SecretString: 'abc' }] : reply),
      { A: 'extension+secretsmanager:x' },
    )
    expect(await get('A')).toEqual(['abc'])
  })

  it.each<[string, Reply | undefined, string]>([
    ['extension+ssm:/x', [400, words('SSM: GetParameter', 'AccessDeniedException')], 'AccessDeniedException'],
    ['extension+ssm:/x', [400, words('SSM: GetParameter', 'ThrottlingException')], 'ThrottlingException'],
    ['extension+ssm:/x', [500, 'an unexpected error occurred'], 'status 500'],
    ['extension+ssm:/x', [403, 'forbidden'], 'status 403'],
    ['extension+ssm:/x', [200, {}], 'is missing in the answer'],
    ['extension+ssm:/x', [200, 'a-value-that-nobody-is-told'], 'SyntaxError'],
    ['extension+ssm:/x', undefined, 'TimeoutError'],
    ['extension+secretsmanager:x', [400, words('GetSecretValue', 'AccessDeniedException')], 'AccessDeniedException'],
    ['extension+secretsmanager:x', [400, 'an unexpected error occurred'], 'status 400'],
    ['extension+secretsmanager:x', [500, 'an unexpected error occurred'], 'status 500'],
    ['extension+secretsmanager:x', [200, { SecretBinary: 'AQID' }], 'holds bytes, not text'],
    ['extension+secretsmanager:x', undefined, 'TimeoutError'],
  ])('that fails, fails: %s with %j', async (place, reply, expected) => {
    const { get } = await extended(() => reply, { A: place })
    expect(await failureOf(get('A'))).toBe(`${place} ${expected}`)
  })

  it.each([
    ['extension+secretsmanager:x#A', '{}', 'extension+secretsmanager:x has nothing under A'],
    ['extension+secretsmanager:x#A', '{"A":""}', 'extension+secretsmanager:x has nothing under A'],
    ['extension+secretsmanager:x', '', 'extension+secretsmanager:x is empty'],
  ])('lets no older version count where the newest has nothing: %s in %j', async (place, current, told) => {
    const { get, notices } = await extended(
      ({ query }) => [200, { SecretString: query['versionStage'] === 'AWSCURRENT' ? current : '{"A":"old"}' }],
      { A: place },
    )
    expect(await get('A')).toEqual([])
    expect(notices()).toEqual([`secret A is not set: ${told}`])
  })

  it('throttled at an older version, fails, as that one may count', async () => {
    const { get } = await extended(
      ({ query }) =>
        query['versionStage'] === 'AWSCURRENT'
          ? [200, { SecretString: 'abc' }]
          : [400, words('GetSecretValue', 'ThrottlingException')],
      { A: 'extension+secretsmanager:x' },
    )
    expect(await failureOf(get('A'))).toBe('extension+secretsmanager:x ThrottlingException')
  })

  it('that is not there, fails', async () => {
    const port = new URL(NOBODY).port
    const { get } = await extended(() => undefined, {
      A: 'extension+ssm:/x',
      PARAMETERS_SECRETS_EXTENSION_HTTP_PORT: port,
    })
    expect(await failureOf(get('A'))).toMatch(/^extension\+ssm:\/x (?:Aggregate)?Error ECONNREFUSED$/)
  })

  it('is never asked where nobody has said so', async () => {
    const { get, calls } = await extended(() => parameter('abc'), { A: 'ssm:/x' })
    expect(await failureOf(get('A'))).toBe('ssm:/x cannot be asked: set AWS_ACCESS_KEY_ID')
    expect(calls).toEqual([])
  })
})
