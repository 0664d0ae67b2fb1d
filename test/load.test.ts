import { describe, expect, it, vi } from 'vitest'
import { stamp } from '../src/checked.ts'
import type { DocumentSource } from '../src/load.ts'
import { load } from '../src/load.ts'
import { accessOf, bearer } from './given/access.ts'
import { DOCUMENT, hostOf, reasonOf, TOKENS } from './given/authority.ts'

/** Whether the validator was loaded, which costs a Lambda function its start. */
const validator = vi.hoisted(() => ({ loads: 0 }))
vi.mock('../src/validate.ts', async (original) => {
  validator.loads++
  return original()
})

async function loaded(source: DocumentSource) {
  const host = hostOf()
  const authority = await load(source, host, { transport: 'any' })
  const { decision } = await authority.judge(accessOf({ headers: [bearer(TOKENS.FULL)] }), { defer: () => undefined })
  const messages = host.sink.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { reason: reasonOf(decision) ?? 'allowed', messages, realm: authority.settings.realm }
}

describe('a document that was stamped', () => {
  it('is taken at once, without the validator', async () => {
    const authority = load({ document: stamp(DOCUMENT) }, hostOf(), { transport: 'any' })
    expect(authority).not.toBeInstanceOf(Promise)
    expect((await loaded({ document: stamp(DOCUMENT) })).reason).toBe('allowed')
    expect(validator.loads).toBe(0)
  })

  it('is validated where it was changed since', async () => {
    const changed = { ...stamp(DOCUMENT), document: { ...DOCUMENT, realm: 'changed' } }
    expect(await loaded({ document: changed })).toEqual({ reason: 'allowed', messages: [], realm: 'changed' })
    expect(validator.loads).toBe(1)
  })

  it('is refused where it was broken since', async () => {
    const broken = { ...stamp(DOCUMENT), document: { ...DOCUMENT, realm: 5 as unknown as string } }
    expect(await loaded({ document: broken })).toMatchObject({
      reason: 'not-configured',
      messages: ['configuration fault at /realm: printable ASCII without " and \\, 100 at most'],
    })
  })
})

describe('a document', () => {
  it('is validated', async () => {
    expect((await loaded({ document: DOCUMENT })).reason).toBe('allowed')
    expect(await loaded({ document: { ...DOCUMENT, routes: [] } })).toEqual({
      reason: 'not-configured',
      messages: ['configuration fault at /routes: a list of routes, one at least'],
      realm: 'api',
    })
  })

  it('gives way to a text', async () => {
    const text = JSON.stringify({ ...DOCUMENT, realm: 'text' })
    expect(await loaded({ text, document: DOCUMENT })).toMatchObject({ reason: 'allowed', realm: 'text' })
    expect(await loaded({ text, document: stamp(DOCUMENT) })).toMatchObject({ reason: 'allowed', realm: 'text' })
  })

  it('does not help where the text is faulty', async () => {
    expect(await loaded({ text: '{', document: DOCUMENT })).toMatchObject({ reason: 'not-configured' })
    expect(await loaded({ text: '', document: DOCUMENT })).toMatchObject({ reason: 'not-configured' })
  })

  it('that is not there is a fault that says what to do', async () => {
    expect(await loaded({})).toMatchObject({
      reason: 'not-configured',
      messages: ['configuration fault at /: a document: bundle one, or set LATCHKEY_CONFIG'],
    })
  })

  it('has all its faults in the log', async () => {
    const { messages } = await loaded({ text: '{"colour": "red", "routes": 1}' })
    expect(messages).toEqual([
      'configuration fault at /credentials: required, and missing',
      'configuration fault at /routes: a list of routes, one at least',
      'configuration fault at /colour: no such key here',
    ])
  })
})

it('a faulty document is logged request by request, and reads no secret', async () => {
  const host = hostOf({
    get: () => {
      throw new Error('asked')
    },
  })
  const authority = await load({ text: '{}' }, host, { transport: 'any' })
  void authority.warm()
  await authority.judge(accessOf(), { defer: () => undefined })
  await authority.judgeWhat((access) => access, accessOf(), { defer: () => undefined })
  const decisions = host.sink.events.filter((event) => event.type === 'decision')
  expect(decisions).toMatchObject([{ reason: 'not-configured' }, { reason: 'not-configured' }])
  expect(authority.failing()).toEqual([])
})
