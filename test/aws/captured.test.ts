import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { GatewayEvent } from '../../adapters/aws/event.ts'
import type { PolicyAnswer, SimpleAnswer } from '../../adapters/aws/index.ts'
import { authorizer } from '../../adapters/aws/index.ts'
import type { Document } from '../../src/document.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'

/** Events as serverless-offline sends them: `n` names the authorizer, `e` is the event. */
interface Captured {
  readonly n: 'token' | 'request' | 'simple' | 'iam2'
  readonly e: GatewayEvent & { readonly identitySource: string | readonly string[] }
}

const captured = readFileSync(new URL('captured-events.ndjson', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Captured)
  .map(({ n, e }) => [n, [e.identitySource].flat()[0] as string, e] as const)

const document: Document = {
  credentials: [{ kind: 'static-token', name: 'sample', tokens: { secret: 'T' }, type: 'full-access' }],
  routes: [{ path: '/*' }],
}

describe('events that an emulator sent', () => {
  test('are of all four kinds', () => {
    expect(new Set(captured.map(([kind]) => kind))).toEqual(new Set(['token', 'request', 'simple', 'iam2']))
  })

  test.each(captured)('%s with %s', async (kind, token, event) => {
    const sink = memorySink()
    const handler = authorizer({
      document,
      sink,
      secrets: env({ T: 'ok' }),
      httpApiReply: kind === 'iam2' ? 'iam' : 'simple',
    })
    const answered = handler(event)
    if (token !== 'Bearer ok' && kind !== 'simple' && kind !== 'iam2') {
      await expect(answered).rejects.toThrow(/^Unauthorized$/)
      return
    }
    const answer = await answered
    expect(isAllowed(answer)).toBe(token === 'Bearer ok')
    expect(answer.context).toMatchObject(
      token === 'Bearer ok' ? { subject: 'sample', reason: '' } : { subject: '', reason: 'token-unknown' },
    )
  })
})

function isAllowed(answer: PolicyAnswer | SimpleAnswer): boolean {
  return 'isAuthorized' in answer ? answer.isAuthorized : answer.policyDocument.Statement[0].Effect === 'Allow'
}
