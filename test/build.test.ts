import { describe, expect, it } from 'vitest'
import { ownEndpoints } from '../src/endpoints.ts'
import type { Host } from '../src/model/ports.ts'
import { accessOf, bearer } from './given/access.ts'
import { authorityOf, DOCUMENT, hostOf, reasonOf, TOKENS } from './given/authority.ts'
import { sourceOf } from './given/source.ts'

const question = { defer: () => undefined }
const endpoints = ownEndpoints('/_latchkey')

describe('build', () => {
  it('reads no secret and no clock', () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const host: Host = {
      ...hostOf(source),
      now: () => {
        throw new Error('the clock was read')
      },
    }
    expect(authorityOf(DOCUMENT, host).failing()).toEqual([])
    expect(source.asked).toEqual([])
  })

  it('judges at once where the host answers at once', () => {
    const judgement = authorityOf().judge(accessOf({ headers: [bearer(TOKENS.FULL)] }), question)
    expect(judgement).not.toBeInstanceOf(Promise)
    expect(judgement).toMatchObject({ decision: { allow: true } })
  })

  it('judges the access that it was given', async () => {
    const access = accessOf({ headers: [bearer(TOKENS.FULL)] })
    expect((await authorityOf().judge(access, question)).access).toBe(access)
  })

  it('writes one event a judgement', async () => {
    const host = hostOf()
    const authority = authorityOf(DOCUMENT, host)
    await authority.judge(accessOf(), question)
    await authority.judge(accessOf({ headers: [bearer(TOKENS.FULL)] }), question)
    expect(host.sink.events).toMatchObject([
      { type: 'decision', decision: 'deny', reason: 'credential-missing' },
      { type: 'decision', decision: 'allow', reason: null, name: 'full' },
    ])
  })

  it('measures what a judgement took', async () => {
    const times = [5, 7.5]
    const host = { ...hostOf(), elapsed: () => times.shift() ?? 0 }
    await authorityOf(DOCUMENT, host).judge(accessOf(), question)
    expect(host.sink.events).toMatchObject([{ durationMs: 2.5 }])
  })
})

describe('what is unexpected', () => {
  const THROWING = () => {
    throw new TypeError(`a bug about ${TOKENS.FULL}`)
  }

  it.each<[string, Partial<Host>]>([
    ['a digest that throws', { digests: { ...hostOf().digests, fingerprint: THROWING } }],
    [
      'a digest that rejects',
      { digests: { ...hostOf().digests, fingerprint: () => Promise.reject(new TypeError('bug')) } },
    ],
    ['a comparison that throws', { digests: { ...hostOf().digests, equal: THROWING } }],
  ])('is refused: %s', async (_, parts) => {
    const { sink, ...others } = hostOf()
    const host = { sink, ...others, ...parts }
    const { decision, snapshot } = await authorityOf(DOCUMENT, host).judge(
      accessOf({ headers: [bearer(TOKENS.FULL)] }),
      question,
    )
    expect(reasonOf(decision)).toBe('dependency-unavailable')
    expect(snapshot).toBeUndefined()
    const notices = sink.events.filter((event) => event.type === 'notice')
    expect(notices).toEqual([
      { type: 'notice', level: 'error', message: `request ${accessOf().requestId} failed closed: TypeError` },
    ])
  })

  it('is refused: a reading that throws', async () => {
    const { decision } = await authorityOf().judgeWhat(THROWING, accessOf(), question)
    expect(reasonOf(decision)).toBe('dependency-unavailable')
  })
})

describe('live and health', () => {
  it.each(['live', 'health'])('%s waits for no source', async (endpoint) => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.answers = 'held'
    const authority = authorityOf(DOCUMENT, hostOf(source))
    const judgement = authority.judge(accessOf({ target: `/_latchkey/${endpoint}` }), { ...question, endpoints })
    expect(judgement).not.toBeInstanceOf(Promise)
    expect(judgement).toMatchObject({ decision: { allow: true } })
    await source.release()
  })

  it('answer while no secret can be read', async () => {
    const source = sourceOf({})
    source.down.add('FULL')
    const authority = authorityOf(DOCUMENT, hostOf(source))
    const ask = async (target: string) =>
      (await authority.judge(accessOf({ target }), { ...question, endpoints })).decision.allow
    expect(await ask('/_latchkey/live')).toBe(true)
    expect(await ask('/_latchkey/health')).toBe(true)
    expect(authority.failing()).toEqual(['FULL'])
  })
})

describe('warm', () => {
  it('reads the secrets ahead of the first request, so that what is weak is told at the start', () => {
    const host = hostOf(sourceOf({ FULL: ['changeme'] }))
    void authorityOf(DOCUMENT, host).warm()
    expect(host.sink.events).toEqual([
      { type: 'notice', level: 'warn', message: 'secret FULL is a placeholder; make one with: latchkey token' },
    ])
  })

  it('tells by what a weak pepper is made anew', () => {
    const host = hostOf(sourceOf({ FULL: [TOKENS.FULL], PEPPER: ['changeme'] }))
    const peppers = [{ version: 1, secret: 'PEPPER' }]
    void authorityOf({ ...DOCUMENT, credentials: [...DOCUMENT.credentials, { kind: 'api-key', peppers }] }, host).warm()
    expect(host.sink.events).toContainEqual({
      type: 'notice',
      level: 'warn',
      message: 'secret PEPPER is a placeholder; make one with: latchkey pepper',
    })
  })

  it('can be waited for', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.answers = 'later'
    const authority = authorityOf(DOCUMENT, hostOf(source))
    await authority.warm()
    source.answers = 'held'
    expect(await authority.judge(accessOf({ headers: [bearer(TOKENS.FULL)] }), question)).toMatchObject({
      decision: { allow: true },
    })
  })

  it('throws nothing where they cannot be read', async () => {
    const source = sourceOf({})
    source.down.add('FULL')
    source.answers = 'later'
    const authority = authorityOf(DOCUMENT, hostOf(source))
    void authority.warm()
    await source.release()
    expect(authority.failing()).toEqual(['FULL'])
  })
})
