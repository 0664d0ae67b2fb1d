import { afterEach, describe, expect, it } from 'vitest'
import type { Running } from '../adapters/node/index.ts'
import { env, memorySink, serve } from '../adapters/node/index.ts'
import { ownEndpoints } from '../src/endpoints.ts'
import { gate as gateOf } from '../src/http/gate.ts'
import { accessOf, bearer, NOW } from './given/access.ts'
import { authorityOf, DOCUMENT, hostOf, TOKENS } from './given/authority.ts'

/** A source that answers when it is told to. */
function slowSource() {
  const waiting: ((values: readonly string[]) => void)[] = []
  return {
    get: () => new Promise<readonly string[]>((resolve) => waiting.push(resolve)),
    answer: (value: string) => {
      for (const resolve of waiting.splice(0)) resolve([value])
    },
  }
}

const endpoints = ownEndpoints('/_latchkey')

describe('before secrets have been read', () => {
  it.each([
    ['/_latchkey/live', 200],
    ['/_latchkey/live?x', 200],
    ['/_latchkey/health', 200],
    ['/_latchkey/nothing', 'waits'],
    ['/_latchkey/whoami', 'waits'],
    ['/health', 'waits'],
    ['/', 'waits'],
  ])('%s: %s', async (target, expected) => {
    const source = slowSource()
    const gate = gateOf(authorityOf(DOCUMENT, hostOf(source)))
    const deferred: Promise<unknown>[] = []
    const outcome = Promise.resolve(gate.enter(accessOf({ target }), (work) => void deferred.push(work)))
    const first = await Promise.race([
      outcome,
      new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
    ])
    expect(first === undefined ? 'waits' : first.reply?.status).toBe(expected)
    source.answer(TOKENS.FULL)
    await Promise.all([outcome, ...deferred])
  })

  it('a probe sets off the reading that others then find done', async () => {
    const source = slowSource()
    const latchkey = authorityOf(DOCUMENT, hostOf(source))
    const deferred: Promise<unknown>[] = []
    const defer = (work: Promise<unknown>) => void deferred.push(work)
    await latchkey.judge(accessOf({ target: '/_latchkey/live' }), { defer, endpoints })
    source.answer(TOKENS.FULL)
    await Promise.all(deferred)
    const { decision } = await latchkey.judge(accessOf({ headers: [bearer(TOKENS.FULL)] }), { defer })
    expect(decision.allow).toBe(true)
  })

  it.each(['live', 'health'])('%s is still unknown where another server answers', async (endpoint) => {
    const latchkey = authorityOf()
    const access = accessOf({ target: `/_latchkey/${endpoint}` })
    const { decision } = await latchkey.judge(access, { defer: () => undefined })
    expect(decision).toMatchObject({ allow: false, refusal: { reason: 'route-unknown' } })
  })

  it('a reading that breaks takes no probe with it', async () => {
    const host = hostOf({ get: () => Promise.resolve([TOKENS.FULL]) })
    const digests = { ...host.digests, fingerprint: () => Promise.reject(new Error('down')) }
    const latchkey = authorityOf(DOCUMENT, { ...host, digests })
    void latchkey.warm()
    const { decision } = await latchkey.judge(accessOf({ target: '/_latchkey/live' }), {
      defer: () => undefined,
      endpoints,
    })
    expect(decision.allow).toBe(true)
  })
})

describe('the Node host', () => {
  let running: Running | undefined

  afterEach(() => running?.close(0))

  it('tells a placeholder at start, before any request', async () => {
    const sink = memorySink()
    const secrets = env({ FULL: 'changeme' })
    running = await serve({ document: DOCUMENT, origin: 'http://127.0.0.1:9', port: 0, secrets, sink, now: () => NOW })
    const message = 'secret FULL is a placeholder; make one with: latchkey token'
    expect(sink.events).toEqual([{ type: 'notice', level: 'warn', message }])
  })
})
