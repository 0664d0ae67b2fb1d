import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { OWN_DOMAIN } from './events.ts'
import type { Api, Authorizer, Gateway } from './gateway.ts'
import { gateway } from './gateway.ts'
import { ROOT } from './offline.ts'
import type { RuntimeProcess } from './runtime-api.ts'
import { runtimeProcess } from './runtime-api.ts'

/**
 * The bundle that the build made, in a process of its own, behind Lambda's Runtime API, behind the stub gateway: what a
 * client is answered when an authorizer throws is what the runtime tells of the error. The runtime client is one by hand;
 * `npm run test:lambda-runtime` runs the same under AWS's own.
 */
const BUNDLE = join(ROOT, 'dist/aws/authorizer.mjs')
const BY_HAND = fileURLToPath(new URL('runtime-client.ts', import.meta.url))
const TOKEN = randomBytes(32).toString('base64url')

/** AWS's runtime interface client, where the environment says that it is to be used. */
const CLIENT = process.env['LATCHKEY_LAMBDA_RUNTIME_CLIENT']

let running: RuntimeProcess | undefined
let stub: Gateway | undefined

beforeAll(() => {
  if (!existsSync(BUNDLE)) throw new Error(`${BUNDLE} is not built: npm run build`)
})

afterEach(async () => {
  await stub?.stop()
  await running?.stop()
  stub = running = undefined
})

async function runtime(environment: Record<string, string>): Promise<RuntimeProcess> {
  const command: [string, ...string[]] = CLIENT
    ? [process.execPath, CLIENT]
    : [process.execPath, BY_HAND, BUNDLE, 'handler']
  const own = { LAMBDA_TASK_ROOT: dirname(BUNDLE), _HANDLER: 'authorizer.handler' }
  return (running = await runtimeProcess(command, { ...own, ...environment }))
}

/** The function as a gateway calls it: what was thrown is the message that the runtime told. */
function asHandler({ invoke }: RuntimeProcess): Authorizer['handler'] {
  return async (event) => {
    const invoked = await invoke(event)
    if ('error' in invoked) throw new Error(invoked.error.errorMessage)
    return JSON.parse(invoked.answer)
  }
}

type Kind = Pick<Api, 'kind' | 'stage'> & { readonly authorizer?: Partial<Authorizer>; readonly reply?: 'iam' }

const KINDS: readonly (readonly [name: string, kind: Kind, refused: number])[] = [
  ['REST, TOKEN', { kind: 'rest', authorizer: { type: 'TOKEN' } }, 401],
  ['REST, REQUEST', { kind: 'rest' }, 401],
  ['HTTP API, simple', { kind: 'http', authorizer: { simple: true } }, 403],
  ['HTTP API, policies', { kind: 'http', stage: '$default', reply: 'iam' }, 403],
]

async function start({ reply, authorizer, ...api }: Kind, variables: Record<string, string>): Promise<Gateway> {
  const process = await runtime({ ...variables, ...(reply && { LATCHKEY_AWS_REPLY: reply }) })
  stub = await gateway([{ ...api, authorizer: { handler: asHandler(process), ...authorizer } }], Date.now)
  return stub
}

describe.each(KINDS)('%s', (_, kind, refused) => {
  test('passes and refuses by the secret of the environment, in one process', async () => {
    const { send } = await start(kind, { LATCHKEY_TOKEN: TOKEN })
    const statuses: number[] = []
    const bodies: string[] = []
    for (const token of [TOKEN, 'another', TOKEN]) {
      const { status, body } = await send({ target: '/api/orders', fields: [['Authorization', `Bearer ${token}`]] })
      statuses.push(status)
      bodies.push(body)
    }
    expect(statuses).toEqual([200, refused, 200])
    expect(bodies[0]).toContain('"subject":"default"')
    expect(running?.output()).not.toContain(TOKEN)
    const decisions = running?.output().match(/\{"type":"decision".*\}/g)
    expect(decisions?.map((line) => JSON.parse(line).decision)).toEqual(['allow', 'deny', 'allow'])
  })

  test('is 500, and kept by nobody, where its secret is not set', async () => {
    const { send, calls } = await start(kind, {})
    const sent = { target: '/api/orders', fields: [['Authorization', `Bearer ${TOKEN}`]] as const }
    expect(await send(sent)).toMatchObject({ status: 500 })
    expect(calls.map(({ errorMessage }) => errorMessage)).toEqual(['latchkey: not-configured'])
    expect(running?.output()).not.toContain(TOKEN)
  })
})

describe('an error, as the runtime tells it', () => {
  const event = {
    type: 'TOKEN',
    methodArn: 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/api/orders',
    authorizationToken: `Bearer ${TOKEN}x`,
  }

  test.each<[name: string, event: unknown, variables: Record<string, string>, errorMessage: string]>([
    ['a token that is not known', event, { LATCHKEY_TOKEN: TOKEN }, 'Unauthorized'],
    ['no token', { ...event, authorizationToken: '' }, { LATCHKEY_TOKEN: TOKEN }, 'Unauthorized'],
    ['no secret', event, {}, 'latchkey: not-configured'],
    ['an event of no known shape', { hello: TOKEN }, { LATCHKEY_TOKEN: TOKEN }, 'latchkey: not-configured'],
    ['null', null, { LATCHKEY_TOKEN: TOKEN }, 'latchkey: not-configured'],
    ['a faulty document', event, { LATCHKEY_TOKEN: TOKEN, LATCHKEY_CONFIG: '{' }, 'latchkey: not-configured'],
  ])('has exactly the message for %s, and no secret', async (_, given, variables, errorMessage) => {
    const { invoke, output } = await runtime(variables)
    const invoked = await invoke(given)
    expect(invoked).toMatchObject({ error: { errorMessage, errorType: 'NoAnswer' } })
    expect(JSON.stringify(invoked) + output()).not.toContain(TOKEN)
  })

  test('is the last of nothing: the same process answers the next event', async () => {
    const { invoke } = await runtime({ LATCHKEY_TOKEN: TOKEN })
    expect(await invoke(null)).toHaveProperty('error')
    expect(await invoke({ ...event, authorizationToken: `Bearer ${TOKEN}` })).toHaveProperty('answer')
  })
})

describe('what the bundle loads late', () => {
  test.each([
    ['with its token', TOKEN, 101],
    ['with another one', 'another', 401],
  ])('answers a WebSocket API, asked %s', async (_, token, status) => {
    const { connect } = await start({ kind: 'websocket' }, { LATCHKEY_TOKEN: TOKEN })
    const sent = { host: OWN_DOMAIN, target: '/prod', fields: [['Authorization', `Bearer ${token}`]] as const }
    expect(await connect(sent)).toMatchObject({ status })
  })

  test('answers AppSync', async () => {
    const { send } = await start({ kind: 'appsync' }, { LATCHKEY_TOKEN: TOKEN })
    const statuses: number[] = []
    for (const token of [TOKEN, 'another']) {
      const { status } = await send({
        method: 'POST',
        host: 'a1b2c3d4e5.appsync-api.eu-central-1.amazonaws.com',
        target: '/graphql',
        fields: [['Authorization', `Bearer ${token}`]],
        body: '{"query":"{ me }"}',
      })
      statuses.push(status)
    }
    expect(statuses).toEqual([200, 401])
  })

  test('answers an API that keeps answers, for all of its routes at once', async () => {
    const document = JSON.stringify({
      credentials: [{ kind: 'static-token', tokens: { secret: 'LATCHKEY_TOKEN' }, type: 'read-only' }],
      routes: [{ path: '/orders' }, { path: '/notes' }],
      apis: [{ resultTtlSeconds: 300 }],
    })
    const identitySources = ['method.request.header.Authorization']
    const kind: Kind = { kind: 'rest', authorizer: { ttlSeconds: 300, identitySources } }
    const { send, calls } = await start(kind, { LATCHKEY_TOKEN: TOKEN, LATCHKEY_CONFIG: document })
    const fields = [['Authorization', `Bearer ${TOKEN}`]] as const
    expect(await send({ target: '/orders', fields })).toMatchObject({ status: 200 })
    expect(await send({ target: '/notes', fields })).toMatchObject({ status: 200 })
    expect(await send({ method: 'POST', target: '/notes', fields })).toMatchObject({ status: 403 })
    expect(calls).toHaveLength(1)
  })
})

test('a client on the name of AWS gets the same as one on a custom domain', async () => {
  const { send } = await start({ kind: 'http', authorizer: { simple: true } }, { LATCHKEY_TOKEN: TOKEN })
  const fields = [['authorization', `Bearer ${TOKEN}`]] as const
  expect(await send({ host: OWN_DOMAIN, target: '/prod/api/orders', fields })).toMatchObject({ status: 200 })
  expect(await send({ target: '/api/orders', fields })).toMatchObject({ status: 200 })
})
