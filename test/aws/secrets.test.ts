import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { admin } from '../../adapters/aws/admin/index.ts'
import { guard } from '../../adapters/aws/guard/index.ts'
import type { PolicyAnswer } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import { secretsOf } from '../../adapters/aws/secrets.ts'
import type { Document } from '../../src/document.ts'
import { isLater } from '../../src/lib/maybe.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import type { AwsServer } from '../secrets/aws-server.ts'
import { awsServer } from '../secrets/aws-server.ts'
import type { Sent } from './admin/events.ts'
import { urlEvent } from './admin/events.ts'
import { restEvent } from './events.ts'

const OLD = 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU'
const NEW = 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE'
const DOCUMENT: Document = {
  credentials: [{ kind: 'static-token', name: 'app', tokens: { secret: 'APP' }, type: 'full-access' }],
  routes: [{ path: '/*' }],
}

describe('the secrets of a function', () => {
  afterEach(() => vi.unstubAllEnvs())

  test.each([
    ['no variable', {}],
    ['plain values', { APP: OLD, OTHER: 'x ssm:/y', LATCHKEY_CONFIG: '{"a":"ssm:/x"}' }],
  ])('are its environment alone with %s', (_, variables) => {
    expect(isLater(secretsOf(variables, memorySink()))).toBe(false)
  })

  test.each(['ssm:/x', 'secretsmanager:x', 'extension+ssm:/x', 'extension+secretsmanager:x'])(
    'are looked up elsewhere with %s',
    async (place) => {
      expect(isLater(secretsOf({ APP: place }, memorySink()))).toBe(true)
      expect(isLater(secretsOf({ LATCHKEY_SECRETS: place }, memorySink()))).toBe(true)
    },
  )

  const WRONG = [
    'arn:aws:ssm:eu-central-1:123456789012:parameter/latchkey/APP',
    'arn:aws:secretsmanager:eu-central-1:123456789012:secret:latchkey/APP-AbCdEf',
    '{{resolve:ssm-secure:/latchkey/APP}}',
    'extension+secretmanager:latchkey/APP',
    'secretmanager:latchkey/APP',
    'ssm-secure:/latchkey/APP',
    'SSM:/latchkey/prod/APP',
  ]

  test.each(WRONG)('are never a place that is written wrongly: %s', async (text) => {
    vi.stubEnv('APP', text)
    const sink = memorySink()
    const bearer: [string, string][] = [['Authorization', `Bearer ${text}`]]
    const asked = authorizer({ document: DOCUMENT, sink })(restEvent({ method: 'GET', target: '/', headers: bearer }))
    await expect(asked).rejects.toThrow('latchkey: dependency-unavailable')
    const url = urlEvent({ target: '/_latchkey/whoami', headers: bearer })
    expect((await admin({ document: DOCUMENT, sink })(url))?.statusCode).toBe(503)
    const told = {
      type: 'notice',
      level: 'error',
      message:
        'secret APP cannot be read: variable APP must be the secret, or say where it lies, as ssm:/latchkey/prod/APP, ssm:ARN or secretsmanager:latchkey/prod#APP do',
    }
    expect(sink.events.filter(({ type }) => type === 'notice')).toEqual([told, told])
    expect(JSON.stringify(sink.events)).not.toContain(text)
  })

  test('are refused where the place of all is none', async () => {
    const source = await secretsOf({ LATCHKEY_SECRETS: '/latchkey/prod/' }, memorySink())
    expect(() => source.get('APP')).toThrow('variable LATCHKEY_SECRETS must say where secrets lie')
  })
})

describe('a function whose secrets lie in AWS', () => {
  let server: AwsServer
  let at: number

  beforeEach(async () => {
    server = await awsServer()
    at = 1_780_000_000
    vi.stubEnv('AWS_ENDPOINT_URL', server.url)
    vi.stubEnv('AWS_REGION', 'eu-central-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'the-key-of-the-role')
    vi.stubEnv('LATCHKEY_SECRETS', 'secretsmanager:latchkey/prod')
    server.secrets.set('latchkey/prod', { AWSCURRENT: JSON.stringify({ APP: OLD }) })
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await server.stop()
  })

  function made() {
    const events: LatchkeyEvent[] = []
    const sink = { write: (event: LatchkeyEvent) => void events.push(event) }
    const handler = authorizer({ document: DOCUMENT, sink, now: () => at })
    return {
      events,
      async ask(token: string): Promise<string> {
        try {
          const event = restEvent({ method: 'GET', target: '/', headers: [['Authorization', `Bearer ${token}`]] })
          const { policyDocument } = (await handler(event)) as PolicyAnswer
          return policyDocument.Statement[0].Effect
        } catch (error) {
          return (error as Error).message
        }
      },
    }
  }

  test('reads them while it is being made, and once', async () => {
    const { ask } = made()
    await vi.waitFor(() => expect(server.calls).toHaveLength(2))
    expect([await ask(OLD), await ask(NEW)]).toEqual(['Allow', 'Unauthorized'])
    expect(server.calls).toHaveLength(2)
  })

  test('believes a rotated one at its first use, and the one before it', async () => {
    const { ask } = made()
    expect(await ask(OLD)).toBe('Allow')
    const [newer, older] = [NEW, OLD].map((APP) => JSON.stringify({ APP }))
    server.secrets.set('latchkey/prod', { AWSCURRENT: newer as string, AWSPREVIOUS: older as string })
    at += 5
    expect([await ask(NEW), await ask(OLD)]).toEqual(['Allow', 'Allow'])
  })

  test('tells of one decision where it has read twice', async () => {
    const { ask, events } = made()
    await ask(OLD)
    at += 5
    await ask(NEW)
    expect(server.calls).toHaveLength(4)
    expect(events.filter(({ type }) => type === 'decision')).toHaveLength(2)
  })

  test('refuses all that needs one while there is none, and says why', async () => {
    server.trouble = 'ThrottlingException'
    const { ask, events } = made()
    expect(await ask(OLD)).toBe('latchkey: dependency-unavailable')
    expect(events).toContainEqual({
      type: 'notice',
      level: 'error',
      message: 'secret APP cannot be read: secretsmanager:latchkey/prod ThrottlingException',
    })
    server.trouble = undefined
    at += 5
    expect(await ask(OLD)).toBe('Allow')
    expect(JSON.stringify(events)).not.toContain(OLD)
  })

  test('administers by them, too', async () => {
    const handler = admin({ document: DOCUMENT, sink: memorySink(), now: () => at })
    const asked = async (token: string) => {
      const headers: Sent['headers'] = [['Authorization', `Bearer ${token}`]]
      return (await handler(urlEvent({ target: '/_latchkey/whoami', headers })))?.statusCode
    }
    expect([await asked(OLD), await asked(NEW)]).toEqual([200, 401])
    server.secrets.set('latchkey/prod', { AWSCURRENT: JSON.stringify({ APP: NEW }) })
    at += 5
    expect([await asked(NEW), await asked(OLD)]).toEqual([200, 401])
  })

  test('guards by them, too, and reads them while it is being made', async () => {
    const handler = guard({ document: DOCUMENT, sink: memorySink(), now: () => at })(() => ({
      statusCode: 204,
      body: '',
    }))
    await vi.waitFor(() => expect(server.calls).toHaveLength(2))
    const asked = async (token: string) => {
      const headers: Sent['headers'] = [['Authorization', `Bearer ${token}`]]
      return (await handler(urlEvent({ target: '/', headers }) as never)).statusCode
    }
    expect([await asked(OLD), await asked(NEW)]).toEqual([204, 401])
    expect(server.calls).toHaveLength(2)
    server.secrets.set('latchkey/prod', { AWSCURRENT: JSON.stringify({ APP: NEW }) })
    at += 5
    expect([await asked(NEW), await asked(OLD)]).toEqual([204, 401])
  })

  test('goes on by a variable that is a value', async () => {
    vi.stubEnv('APP', NEW)
    const { ask } = made()
    expect(await ask(NEW)).toBe('Allow')
    expect(server.calls).toEqual([])
  })
})
