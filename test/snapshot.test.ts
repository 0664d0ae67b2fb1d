import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { settingsOf } from '../src/config.ts'
import type { Document } from '../src/document.ts'
import type { Maybe } from '../src/lib/maybe.ts'
import { isLater } from '../src/lib/maybe.ts'
import type { NoticeEvent } from '../src/model/event.ts'
import type { Host } from '../src/model/ports.ts'
import { originSettings } from '../src/origin.ts'
import type { Snapshot } from '../src/snapshot.ts'
import { snapshots } from '../src/snapshot.ts'
import { accessOf, bearer, NOW } from './given/access.ts'
import { authorityOf, DOCUMENT, hostOf, reasonOf, TOKENS } from './given/authority.ts'
import type { TestSource } from './given/source.ts'
import { sourceOf } from './given/source.ts'

/** Read again after 30 s, stale for 60 s more. */
const BOUNDED: Document = { ...DOCUMENT, secretsSeconds: 30, staleSeconds: 60 }

/** Two credentials of two places, so that one of them can fail alone. */
const TWO: Document = {
  ...BOUNDED,
  credentials: [
    { kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access' },
    { kind: 'static-token', name: 'read', from: [{ header: 'x-api-key' }], tokens: { secret: 'READ' } },
  ],
}

/** A gate whose clock and whose source the test turns. */
function gateOf(document: Document, source: TestSource) {
  const host = hostOf(source)
  const authority = authorityOf(document, host)
  const deferred: Promise<unknown>[] = []
  return {
    authority,
    deferred,
    notices: () => host.sink.events.filter((event): event is NoticeEvent => event.type === 'notice'),
    /** The reason of a refusal, or `allowed`. */
    async ask(seconds: number, token: string, header = 'authorization'): Promise<string> {
      const access = accessOf({
        at: NOW + seconds,
        headers: [header === 'authorization' ? bearer(token) : [header, token]],
      })
      const { decision } = await authority.judge(access, { defer: (work) => void deferred.push(work) })
      return reasonOf(decision) ?? 'allowed'
    },
  }
}

function snapshotsOf(document: Document, source: TestSource, host: Host = hostOf(source)) {
  const deferred: Promise<unknown>[] = []
  const kept = snapshots(settingsOf(document, { transport: 'any' }), host)
  return {
    deferred,
    latest: kept.latest,
    current: (seconds: number): Maybe<Snapshot> => kept.current(NOW + seconds, (work) => void deferred.push(work)),
  }
}

describe('reading', () => {
  it('begins with the first request', () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { latest } = snapshotsOf(BOUNDED, source)
    expect(source.asked).toEqual([])
    expect(latest()).toBeUndefined()
  })

  it('is waited for by the first request', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.answers = 'held'
    const { current } = snapshotsOf(BOUNDED, source)
    const first = current(0)
    expect(isLater(first)).toBe(true)
    await source.release()
    expect((await first).failing).toEqual([])
  })

  it('is waited for by nobody where the source answers at once', () => {
    const { current } = snapshotsOf(BOUNDED, sourceOf({ FULL: [TOKENS.FULL] }))
    expect(isLater(current(0))).toBe(false)
    expect(isLater(current(100))).toBe(false)
  })

  it('is one flight for all requests that come meanwhile', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.answers = 'held'
    const { current } = snapshotsOf(BOUNDED, source)
    const all = [current(0), current(0), current(1)]
    await source.release()
    const [first, ...others] = await Promise.all(all)
    expect(others).toEqual([first, first])
    expect(source.asked).toEqual(['FULL'])
  })

  it('asks for a secret once, wherever the document names it', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const shared = { secret: 'FULL' }
    const origin = { url: 'http://127.0.0.1:9', headers: { 'x-a': shared, 'x-b': shared } }
    await snapshotsOf({ ...BOUNDED, origin, proxies: { secret: shared } }, source).current(0)
    expect(source.asked).toEqual(['FULL'])
  })
})

describe('a snapshot', () => {
  it('is given at once while it is younger than half of secretsSeconds', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { current } = snapshotsOf(BOUNDED, source)
    const first = current(0)
    expect(current(14.9)).toBe(first)
    expect(source.asked).toHaveLength(1)
  })

  it('is refreshed in the background from half of secretsSeconds on', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { current, deferred } = snapshotsOf(BOUNDED, source)
    const first = current(0)
    source.answers = 'held'
    source.values['FULL'] = [TOKENS.READ]
    expect(current(15)).toBe(first)
    expect(current(16)).toBe(first)
    expect(source.asked).toHaveLength(2)
    expect(deferred).toHaveLength(1)
    await source.release()
    expect(current(16)).not.toBe(first)
  })

  it('is refreshed before it is used from the whole of secretsSeconds on', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { current } = snapshotsOf(BOUNDED, source)
    const first = current(0)
    source.answers = 'held'
    source.values['FULL'] = [TOKENS.READ]
    const next = current(30)
    expect(isLater(next)).toBe(true)
    await source.release()
    expect(await next).not.toBe(first)
  })

  it('that is being refreshed in the background is waited for once it is too old', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { current } = snapshotsOf(BOUNDED, source)
    await current(0)
    source.answers = 'held'
    expect(isLater(current(15))).toBe(false)
    const late = current(30)
    expect(isLater(late)).toBe(true)
    expect(source.asked).toHaveLength(2)
    await source.release()
    expect(await late).toBe(current(30))
  })

  it('stays the same object while its secrets do', () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const { current } = snapshotsOf(BOUNDED, source)
    const first = current(0)
    expect(current(100)).toBe(first)
    expect(source.asked).toHaveLength(2)
    source.values['FULL'] = [TOKENS.READ]
    expect(current(200)).not.toBe(first)
  })

  it('is old enough at rare requests too: its age is bounded, not its use', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    expect(await gate.ask(0, TOKENS.FULL)).toBe('allowed')
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(86_400, TOKENS.FULL)).toBe('token-unknown')
    expect(await gate.ask(86_400, TOKENS.READ)).toBe('allowed')
  })

  it('keeps the request that starts a refresh from failing with it', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const host = hostOf(source)
    let isBroken = false
    const digests: Host['digests'] = {
      ...host.digests,
      fingerprint: (token) => (isBroken ? Promise.reject(new Error('no entropy')) : host.digests.fingerprint(token)),
    }
    const { current, deferred } = snapshotsOf(BOUNDED, source, { ...host, digests })
    const first = current(0)
    isBroken = true
    source.values['FULL'] = [TOKENS.READ]
    expect(current(15)).toBe(first)
    await expect(Promise.all(deferred)).resolves.toBeDefined()
    await expect(Promise.resolve(current(30))).rejects.toThrow('no entropy')
    isBroken = false
    expect(await current(31)).not.toBe(first)
  })
})

describe('a source that is down', () => {
  it('lets the old values count within the bound, and no longer', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    expect(await gate.ask(0, TOKENS.FULL)).toBe('allowed')
    source.down.add('FULL')
    for (const seconds of [15, 30, 60, 89.9]) expect(await gate.ask(seconds, TOKENS.FULL)).toBe('allowed')
    for (const seconds of [90, 91, 1000]) expect(await gate.ask(seconds, TOKENS.FULL)).toBe('dependency-unavailable')
  })

  it.each([81, 83, 86, 88, 89.5])(
    'has no longer bound where it was last asked %s s after the last success',
    async (asked) => {
      const source = sourceOf({ FULL: [TOKENS.FULL] })
      const gate = gateOf(BOUNDED, source)
      await gate.ask(0, TOKENS.FULL)
      source.down.add('FULL')
      expect(await gate.ask(asked, TOKENS.FULL)).toBe('allowed')
      expect(await gate.ask(90, TOKENS.FULL)).toBe('dependency-unavailable')
    },
  )

  it('has the bound of its last success, not of its first failure', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    await gate.ask(20, TOKENS.FULL)
    source.down.add('FULL')
    await gate.ask(100, TOKENS.FULL)
    expect(await gate.ask(109.9, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(110, TOKENS.FULL)).toBe('dependency-unavailable')
  })

  it('does not serve what is stale where staleSeconds is 0', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf({ ...BOUNDED, staleSeconds: 0 }, source)
    await gate.ask(0, TOKENS.FULL)
    source.down.add('FULL')
    expect(await gate.ask(29, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(30, TOKENS.FULL)).toBe('dependency-unavailable')
  })

  it('fails the credentials of its own secrets only', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.READ] })
    const gate = gateOf(TWO, source)
    await gate.ask(0, TOKENS.FULL)
    source.down.add('FULL')
    expect(await gate.ask(200, TOKENS.FULL)).toBe('dependency-unavailable')
    expect(await gate.ask(200, TOKENS.READ, 'x-api-key')).toBe('allowed')
    expect(await gate.ask(200, TOKENS.FULL, 'x-api-key')).toBe('token-unknown')
  })

  it('lets a token pass that another credential of the same place proves', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.READ] })
    const [full, read] = TWO.credentials
    const together: Document = {
      ...TWO,
      credentials: [full, { ...read, from: undefined }].map((each) => JSON.parse(JSON.stringify(each))),
    }
    source.down.add('FULL')
    const gate = gateOf(together, source)
    expect(await gate.ask(0, TOKENS.READ)).toBe('allowed')
    expect(await gate.ask(0, TOKENS.FULL)).toBe('dependency-unavailable')
  })

  it('leaves open who a token is where only one slot of its credential is known', async () => {
    const tokens = [{ secret: 'FULL' }, { secret: 'READ' }]
    const slots: Document = { ...BOUNDED, credentials: [{ kind: 'static-token', tokens, type: 'full-access' }] }
    const source = sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.READ] })
    source.down.add('FULL')
    const gate = gateOf(slots, source)
    expect(await gate.ask(0, TOKENS.READ)).toBe('allowed')
    expect(await gate.ask(0, TOKENS.FULL)).toBe('dependency-unavailable')
    source.down.clear()
    expect(await gate.ask(20, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(20, TOKENS.ADMIN)).toBe('token-unknown')
  })

  it('is asked again every 5 s at most, and forgotten once it answers', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.down.add('FULL')
    const gate = gateOf(BOUNDED, source)
    expect(await gate.ask(0, TOKENS.FULL)).toBe('dependency-unavailable')
    expect(await gate.ask(4.9, TOKENS.FULL)).toBe('dependency-unavailable')
    expect(source.asked).toHaveLength(1)
    source.down.clear()
    expect(await gate.ask(5, TOKENS.FULL)).toBe('allowed')
    expect(source.asked).toHaveLength(2)
    expect(gate.authority.failing()).toEqual([])
  })

  it('is named by health, and told in the log once', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.READ] })
    const gate = gateOf(TWO, source)
    await gate.ask(0, TOKENS.FULL)
    source.down.add('READ')
    for (const seconds of [20, 40, 60, 80]) await gate.ask(seconds, TOKENS.FULL)
    expect(gate.authority.failing()).toEqual(['READ'])
    expect(gate.notices()).toEqual([
      { type: 'notice', level: 'error', message: 'secret READ cannot be read: Error EACCES' },
    ])
    source.down.clear()
    await gate.ask(100, TOKENS.FULL)
    expect(gate.authority.failing()).toEqual([])
  })

  it.each(['later', 'held'] as const)('fails the same where it answers %s', async (answers) => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.down.add('FULL')
    source.answers = answers
    const asked = gate.ask(90, TOKENS.FULL)
    await source.release()
    expect(await asked).toBe('dependency-unavailable')
  })
})

describe('a faulty value', () => {
  const FAULTY = ['a b', 'a,b', 'caf\u00e9', 'a\nb', 'a\0b', '\u{1f600}']

  it.each(FAULTY)('keeps the old one on a refresh, and is told without itself: %j', async (faulty) => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.values['FULL'] = [`${TOKENS.READ}${faulty}`]
    expect(await gate.ask(60, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(1000, TOKENS.FULL)).toBe('allowed')
    const messages = gate.notices().map(({ level, message }) => `${level}: ${message}`)
    expect(messages[0]).toBe(
      'error: secret FULL has a space, a comma or a character outside ASCII; its old value stays',
    )
    expect(messages.join()).not.toContain(TOKENS.READ)
    expect(gate.authority.failing()).toEqual([])
  })

  it('counts as not configured where there is no old one', async () => {
    const gate = gateOf(BOUNDED, sourceOf({ FULL: ['a b'] }))
    expect(await gate.ask(0, 'a')).toBe('not-configured')
    expect(gate.notices().map(({ message }) => message)).toContain(
      'secret FULL has a space, a comma or a character outside ASCII; it counts as not configured',
    )
  })

  it('is replaced by the next one that is right', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.values['FULL'] = ['a b']
    await gate.ask(60, TOKENS.FULL)
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(120, TOKENS.READ)).toBe('allowed')
    expect(await gate.ask(120, TOKENS.FULL)).toBe('token-unknown')
  })
})

describe('a secret without a value', () => {
  it('is not configured, and said so with its name', async () => {
    const gate = gateOf(TWO, sourceOf({ READ: [TOKENS.READ] }))
    expect(await gate.ask(0, TOKENS.FULL)).toBe('not-configured')
    expect(await gate.ask(0, TOKENS.READ, 'x-api-key')).toBe('allowed')
    expect(gate.notices()).toEqual([
      { type: 'notice', level: 'warn', message: 'credential full is not configured: set FULL' },
    ])
  })

  it('names every slot that would do', async () => {
    const tokens = [{ secret: 'NEXT' }, { secret: 'OLD' }]
    const gate = gateOf({ ...BOUNDED, credentials: [{ kind: 'static-token', name: 'a', tokens }] }, sourceOf({}))
    expect(await gate.ask(0, TOKENS.FULL)).toBe('not-configured')
    expect(gate.notices().map(({ message }) => message)).toEqual(['credential a is not configured: set NEXT or OLD'])
  })

  it('leaves a credential configured while another slot has one', async () => {
    const tokens = [{ secret: 'NEXT' }, { secret: 'FULL' }]
    const gate = gateOf(
      { ...BOUNDED, credentials: [{ kind: 'static-token', tokens }] },
      sourceOf({ FULL: [TOKENS.FULL] }),
    )
    expect(await gate.ask(0, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(0, TOKENS.READ)).toBe('token-unknown')
    expect(gate.notices()).toEqual([])
  })

  it('that had one loses it at the next refresh', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.values['FULL'] = []
    expect(await gate.ask(60, TOKENS.FULL)).toBe('not-configured')
  })
})

describe('a weak secret', () => {
  it.each([
    ['changeme', 'is a placeholder'],
    ['CHANGE_ME', 'is a placeholder'],
    ['your-token-goes-in-here', 'is a placeholder'],
    ['xxxxxxxxxxxxxxxxxxxxxxxx', 'is a placeholder'],
    ['hunter2', 'has fewer than 16 characters'],
    ['0123456789abcde', 'has fewer than 16 characters'],
  ])('%j is taken, with a warning that does not tell it', async (value, weakness) => {
    const source = sourceOf({ FULL: [value] })
    const gate = gateOf(BOUNDED, source)
    expect(await gate.ask(0, value)).toBe('allowed')
    await gate.ask(100, value)
    expect(gate.notices()).toEqual([
      { type: 'notice', level: 'warn', message: `secret FULL ${weakness}; make one with: latchkey token` },
    ])
  })

  it('is none of 16 characters or more', async () => {
    const gate = gateOf(BOUNDED, sourceOf({ FULL: ['0123456789abcdef'] }))
    await gate.ask(0, '0123456789abcdef')
    expect(gate.notices()).toEqual([])
  })
})

describe('slots', () => {
  const tokens = [{ secret: 'FULL' }, { secret: 'READ', until: '2026-06-01T00:01:00Z' }]
  const slots: Document = { ...BOUNDED, credentials: [{ kind: 'static-token', tokens }] }

  it('count each until its end', async () => {
    const gate = gateOf(slots, sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.READ] }))
    expect(await gate.ask(59.9, TOKENS.READ)).toBe('allowed')
    expect(await gate.ask(60, TOKENS.READ)).toBe('token-expired')
    expect(await gate.ask(60, TOKENS.FULL)).toBe('allowed')
  })

  it('of one secret are all the values that it has', async () => {
    const gate = gateOf(BOUNDED, sourceOf({ FULL: [TOKENS.FULL, TOKENS.READ] }))
    expect(await gate.ask(0, TOKENS.FULL)).toBe('allowed')
    expect(await gate.ask(0, TOKENS.READ)).toBe('allowed')
  })

  it('of two credentials with one value are told in the log, without it', async () => {
    const gate = gateOf(TWO, sourceOf({ FULL: [TOKENS.FULL], READ: [TOKENS.FULL] }))
    await gate.ask(0, TOKENS.FULL)
    expect(gate.notices()).toEqual([
      { type: 'notice', level: 'warn', message: 'credentials full and read have a value in common; give each its own' },
    ])
  })
})

describe('a clock that is set back', () => {
  it('does not keep secrets alive until it has caught up', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    await gate.ask(-0.5, TOKENS.FULL)
    expect(source.asked).toHaveLength(1)
    await gate.ask(-3600, TOKENS.FULL)
    expect(source.asked).toHaveLength(2)
  })
})

describe('a source that lets itself be read again', () => {
  function rereadable(answers: TestSource['answers'] = 'later') {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    source.rereadable = true
    source.answers = answers
    return { source, gate: gateOf(BOUNDED, source) }
  }

  it.each(['now', 'later'] as const)(
    'proves a token that was issued since the last reading (answering %s)',
    async (answers) => {
      const { source, gate } = rereadable(answers)
      await gate.ask(0, TOKENS.FULL)
      source.values['FULL'] = [TOKENS.READ, TOKENS.FULL]
      expect(await gate.ask(5, TOKENS.READ)).toBe('allowed')
      expect(await gate.ask(5, TOKENS.FULL)).toBe('allowed')
      expect(source.asked).toHaveLength(2)
    },
  )

  it('is not read for tokens that are known', async () => {
    const { source, gate } = rereadable()
    for (const seconds of [0, 5, 10, 14.9]) expect(await gate.ask(seconds, TOKENS.FULL)).toBe('allowed')
    expect(source.asked).toHaveLength(1)
  })

  it('is read at most every 5 s, whatever is asked', async () => {
    const { source, gate } = rereadable()
    await gate.ask(0, TOKENS.FULL)
    for (let seconds = 0; seconds < 60; seconds += 0.25) {
      expect(await gate.ask(seconds, TOKENS.READ)).toBe('token-unknown')
    }
    expect(source.asked).toHaveLength(12)
  })

  it('is one flight for all unknown tokens', async () => {
    const { source, gate } = rereadable()
    await gate.ask(0, TOKENS.FULL)
    source.answers = 'held'
    source.values['FULL'] = [TOKENS.READ]
    const asked = [gate.ask(6, TOKENS.READ), gate.ask(6, TOKENS.ADMIN), gate.ask(6.1, TOKENS.READ)]
    await new Promise((resolve) => setImmediate(resolve))
    await source.release()
    expect(await Promise.all(asked)).toEqual(['allowed', 'token-unknown', 'allowed'])
    expect(source.asked).toHaveLength(2)
  })

  it('proves a token at the moment at which a refresh begins in the background', async () => {
    const { source, gate } = rereadable()
    await gate.ask(0, TOKENS.FULL)
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(15, TOKENS.READ)).toBe('allowed')
    expect(source.asked).toHaveLength(2)
  })

  it('is read for what is not configured, too', async () => {
    const { source, gate } = rereadable()
    source.values['FULL'] = []
    expect(await gate.ask(0, TOKENS.FULL)).toBe('not-configured')
    source.values['FULL'] = [TOKENS.FULL]
    expect(await gate.ask(4.9, TOKENS.FULL)).toBe('not-configured')
    expect(await gate.ask(5, TOKENS.FULL)).toBe('allowed')
  })

  it('lets the last values count where that reading fails', async () => {
    const { source, gate } = rereadable()
    await gate.ask(0, TOKENS.FULL)
    source.down.add('FULL')
    expect(await gate.ask(6, TOKENS.READ)).toBe('token-unknown')
    expect(await gate.ask(6, TOKENS.FULL)).toBe('allowed')
  })

  it.each([undefined, false])('is the only one (%j)', async (rereadableOrNot) => {
    const { source, gate } = rereadable()
    Object.assign(source, { rereadable: rereadableOrNot })
    await gate.ask(0, TOKENS.FULL)
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(14, TOKENS.READ)).toBe('token-unknown')
    expect(source.asked).toHaveLength(1)
  })
})

describe('a process that is frozen', () => {
  it('judges by no reading that was begun before', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.answers = 'held'
    const frozen = source.values['FULL']
    expect(await gate.ask(20, TOKENS.FULL)).toBe('allowed')
    source.answers = 'later'
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(3600, TOKENS.FULL)).toBe('token-unknown')
    expect(await gate.ask(3600, TOKENS.READ)).toBe('allowed')
    // The old answer arrives last, and counts for nothing.
    source.values['FULL'] = frozen ?? []
    await source.release()
    source.values['FULL'] = [TOKENS.READ]
    expect(await gate.ask(3601, TOKENS.FULL)).toBe('token-unknown')
    expect(await gate.ask(3601, TOKENS.READ)).toBe('allowed')
  })

  it('goes on with a reading that is still young', async () => {
    const source = sourceOf({ FULL: [TOKENS.FULL] })
    const gate = gateOf(BOUNDED, source)
    await gate.ask(0, TOKENS.FULL)
    source.answers = 'held'
    expect(await gate.ask(20, TOKENS.FULL)).toBe('allowed')
    const asked = gate.ask(45, TOKENS.FULL)
    await source.release()
    expect(await asked).toBe('allowed')
    expect(source.asked).toHaveLength(2)
  })
})

describe('origin headers', () => {
  const headers = { 'x-origin-secret': [{ secret: 'NEXT', until: '2026-06-01T00:01:00Z' }, { secret: 'LAST' }] }
  const document: Document = { ...BOUNDED, origin: { url: 'http://127.0.0.1:9', headers } }

  async function valueAt(source: TestSource, seconds: number): Promise<string | undefined> {
    const snapshot = await snapshotsOf(document, source).current(seconds)
    const slots = originSettings(settingsOf(document, { transport: 'any' }))?.headers.get('x-origin-secret') ?? []
    return snapshot.valuesOf(slots, NOW + seconds)[0]?.reveal()
  }

  it('have the newest slot that has a value and still counts', async () => {
    const source = sourceOf({ LAST: [TOKENS.FULL], NEXT: [TOKENS.READ] })
    expect(await valueAt(source, 0)).toBe(TOKENS.READ)
    expect(await valueAt(source, 60)).toBe(TOKENS.FULL)
    expect(await valueAt(sourceOf({ LAST: [TOKENS.FULL] }), 0)).toBe(TOKENS.FULL)
    expect(await valueAt(sourceOf({}), 0)).toBeUndefined()
  })

  it('may hold a space and a comma, and no other character than ASCII', async () => {
    expect(await valueAt(sourceOf({ LAST: ['Basic a, b'] }), 0)).toBe('Basic a, b')
    expect(await valueAt(sourceOf({ NEXT: ['a\r\nb'] }), 0)).toBeUndefined()
  })
})

describe('a source that does not answer', () => {
  /** Answers once, where it answers at all, and then hangs. */
  async function gateOfHanging(answers: number) {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    let asked = 0
    const get = () => (asked++ < answers ? [TOKENS.FULL] : new Promise<never>(() => undefined))
    const authority = authorityOf({ ...BOUNDED, credentials: TWO.credentials.slice(0, 1) }, hostOf({ get }))
    return async (seconds: number) => {
      const access = accessOf({ at: NOW + seconds, headers: [bearer(TOKENS.FULL)] })
      const judged = Promise.resolve(authority.judge(access, { defer: () => undefined }))
      await vi.advanceTimersByTimeAsync(5000)
      return reasonOf((await judged).decision) ?? 'allowed'
    }
  }

  it('is down after a while, and nobody waits longer', async () => {
    const ask = await gateOfHanging(0)
    expect(await ask(0)).toBe('dependency-unavailable')
  })

  it('lets the old values count within the bound, and no longer', async () => {
    const ask = await gateOfHanging(1)
    expect(await ask(0)).toBe('allowed')
    expect(await ask(40)).toBe('allowed')
    expect(await ask(90)).toBe('dependency-unavailable')
  })
})

it('no notice ever holds a value', async () => {
  const values = [TOKENS.FULL, 'changeme', `${TOKENS.READ} faulty`]
  for (const value of values) {
    const source = sourceOf({ FULL: [value], READ: [value] })
    const gate = gateOf(TWO, source)
    await gate.ask(0, value)
    source.down.add('FULL')
    await gate.ask(100, value)
    await gate.ask(500, value)
    expect(JSON.stringify(gate.notices())).not.toContain(value)
  }
})
