import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { AuthorizerEvent } from '../../adapters/aws/event.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { evaluate } from './iam.ts'

/**
 * The example events of AWS's own documents, letter for letter. As none of them has a credential of ours, and some contradict
 * themselves, each is asked as it stands and with what makes it a request that should pass.
 */
type Json = Record<string, unknown>

const FOLDER = new URL('documented/', import.meta.url)
const TOKEN = 'Zq3Tn8vKc1XwJ5hR7mYb2LdPf9sGa4Ue6oIiQkHtNxA'

function documented(name: string): Json {
  const { source, event } = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Record<string, Json>
  expect(source).toMatch(/^https:\/\/docs\.aws\.amazon\.com\//)
  return event as Json
}

const DOCUMENT: Document = {
  credentials: [
    {
      kind: 'static-token',
      name: 'full',
      from: [{ header: 'authorization' }],
      tokens: { secret: 'T' },
      type: 'full-access',
    },
  ],
  routes: [{ path: '/*' }],
}

function handlerOf() {
  const sink = memorySink()
  const handler = authorizer({ document: DOCUMENT, secrets: env({ T: TOKEN }), sink, now: () => 1_780_000_000 })
  return { sink, ask: (event: Json) => handler(event as unknown as AuthorizerEvent) }
}

/** What the gateway makes of an answer. */
async function outcome(event: Json): Promise<string> {
  const { ask } = handlerOf()
  try {
    const answer = (await ask(event)) as unknown as Json & { context?: Json; resolverContext?: Json }
    const arn = String(event['methodArn'] ?? event['routeArn'])
    const isAllowed =
      'policyDocument' in answer ? evaluate(answer['policyDocument'], arn) === 'allow' : answer['isAuthorized']
    return isAllowed ? 'allowed' : `denied: ${(answer.context ?? answer.resolverContext)?.['reason']}`
  } catch (error) {
    return `thrown: ${(error as Error).message}`
  }
}

const withHeader = (event: Json, change: Json = {}): Json => ({
  ...event,
  headers: { ...(event['headers'] as Json), Host: 'api.example', Authorization: TOKEN },
  ...change,
})

interface Row {
  /** What is answered to the event as it stands. */
  readonly asItStands: string
  /** The same event, with a credential of ours and without what contradicts itself. */
  readonly mended: (event: Json) => Json
}

const ROWS: Readonly<Record<string, Row>> = {
  // The console asks for every stage, which no policy may name.
  'rest-token': {
    asItStands: 'denied: request-ambiguous',
    mended: (event) => ({
      ...event,
      authorizationToken: TOKEN,
      methodArn: String(event['methodArn']).replace('/*/', '/test/'),
    }),
  },
  // Neither a Host field nor a domain name is in it.
  'rest-request': { asItStands: 'denied: request-ambiguous', mended: withHeader },
  'http-1.0': { asItStands: 'denied: request-ambiguous', mended: withHeader },
  // POST /my/path, and an ARN for GET /request of another stage.
  'http-2.0': {
    asItStands: 'denied: request-ambiguous',
    mended: (event) =>
      withHeader(event, { routeArn: 'arn:aws:execute-api:us-east-1:123456789012:abcdef123/$default/POST/my/path' }),
  },
  'websocket-connect': {
    asItStands: 'thrown: Unauthorized',
    mended: (event) => ({
      ...event,
      headers: { ...(event['headers'] as Json), Authorization: TOKEN },
      multiValueHeaders: { ...(event['multiValueHeaders'] as Json), Authorization: [TOKEN] },
    }),
  },
  appsync: { asItStands: 'denied: token-unknown', mended: (event) => ({ ...event, authorizationToken: TOKEN }) },
}

describe.each(Object.entries(ROWS))('%s', (name, { asItStands, mended }) => {
  test('is refused as it stands', async () => {
    expect(await outcome(documented(name))).toBe(asItStands)
  })

  test('passes with a credential of ours', async () => {
    expect(await outcome(mended(documented(name)))).toBe('allowed')
  })

  test('is told to nobody with its token', async () => {
    const { sink, ask } = handlerOf()
    const answer = await ask(mended(documented(name)))
    expect(JSON.stringify([answer, sink.events])).not.toContain(TOKEN)
  })
})

test('every documented event is in the table, but for the one of event APIs, which is refused', async () => {
  const files = readdirSync(FOLDER).map((file) => file.replace('.json', ''))
  expect(files.toSorted()).toEqual([...Object.keys(ROWS), 'appsync-events'].toSorted())
  const event = { ...documented('appsync-events'), authorizationToken: TOKEN }
  expect(await outcome(event)).toBe('thrown: latchkey: not-configured')
})
