import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import * as formats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import { expiring } from '../src/keys/expiring.ts'
import { processMarks } from '../src/keys/marks.ts'
import { recorder } from '../src/keys/recorder.ts'
import { slotsNearDeadline, tellSlots } from '../src/keys/slots.ts'
import type { Decision, Match } from '../src/model/decision.ts'
import type { KeyEvent, LatchkeyEvent } from '../src/model/event.ts'
import { EVENT_TYPES, KEY_EVENT_TYPES } from '../src/model/event.ts'
import type { Principal } from '../src/model/principal.ts'
import { memorySink } from '../src/sinks/memory.ts'
import { accessOf } from './given/access.ts'
import type { Given } from './keys/given.ts'
import { created, DAY, done, given, keeper, NOW, principalOf, random, shown } from './keys/given.ts'

const PAGE = readFileSync(new URL('../docs/events.md', import.meta.url), 'utf8')

function blockOf(fence: string): string {
  return new RegExp(`^\`\`\`${fence}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(PAGE)?.[1] ?? ''
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
formats.default.default(ajv)
const accepts = ajv.compile(JSON.parse(blockOf('json schema')) as object)

function expectAccepted(events: readonly LatchkeyEvent[]): void {
  for (const event of events) expect({ event, valid: accepts(event) }).toEqual({ event, valid: true })
}

describe('docs/events.md', () => {
  const lines = blockOf('ndjson')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LatchkeyEvent)

  test('shows a line of every type but the decision, which it shows in full', () => {
    expect(lines.map(({ type }) => type)).toEqual(EVENT_TYPES.filter((type) => type !== 'decision'))
    expectAccepted([...lines, JSON.parse(blockOf('json event')) as LatchkeyEvent])
  })

  test('says in its table what each event of a key means', () => {
    const described = Array.from(PAGE.matchAll(/^\| `(key-[a-z-]+)` \|/gm), ([, type]) => type)
    expect(described).toEqual([...KEY_EVENT_TYPES])
  })

  test('has a schema of every type', () => {
    const types = JSON.stringify(JSON.parse(blockOf('json schema')))
    expect(EVENT_TYPES.filter((type) => !types.includes(`"${type}"`))).toEqual([])
  })

  test.each<[name: string, type: LatchkeyEvent['type'], more: object]>([
    ['a token', 'key-created', { token: 'lk_1' }],
    ['no actor', 'key-revoked', { actor: undefined }],
    ['an actor that is none', 'key-revoked', { actor: 'somebody' }],
    ['an unknown type of key event', 'key-revoked', { type: 'key-lost' }],
    ['a key without an id', 'key-revoked', { keyId: '' }],
    ['a slot that is none', 'static-slot-near-deadline', { slot: -1 }],
    ['a gateway token without its gateway', 'gateway-token-expired', { gatewayId: undefined }],
    ['a gateway token itself', 'gateway-token-near-expiry', { token: 'gw1&203001020304&' }],
    ['a level that is none', 'notice', { level: 'info' }],
    ['another reason', 'origin-failed', { reason: 'token-unknown' }],
  ])('has a schema that refuses %s', (_, type, more) => {
    const event = { ...lines.find((line) => line.type === type), ...more }
    expect(accepts(JSON.parse(JSON.stringify(event)))).toBe(false)
  })
})

/** What happens to one key from its beginning to its end, by its registry. */
async function lived(): Promise<Given> {
  const keys = given({ encryptionKey: 'a key for viewable copies, long enough' })
  const by = keeper()
  const { record } = await created(keys, 'billing', { owner: 'acme', viewable: true, description: 'a job' })
  const { id } = record
  done(await keys.keys.update(id, { description: 'another job', type: 'full-access' }, by, NOW + 1))
  done(await keys.keys.rotate(id, { overlapSeconds: DAY }, by, NOW + 2))
  done(await keys.keys.suspend(id, by, NOW + 3))
  done(await keys.keys.resume(id, by, NOW + 4))
  done(await keys.keys.reveal(id, by, NOW + 5))
  done(await keys.keys.revoke(id, by, NOW + 6, { reason: 'leaked' }))
  if ((await keys.keys.remove(id, by, NOW + 7)) !== 'removed') throw new Error('it was not removed')
  const hash = 'a'.repeat(64)
  done(await keys.keys.import({ name: 'old', type: 'read-only', scheme: 'sha256', hash }, 'operator', NOW))
  await created(keys, 'for good', { expiresAt: 'never' })
  return keys
}

describe('the events of a key', () => {
  test('are told of all that its registry does, and fit the schema', async () => {
    const { events } = await lived()
    expect(events.map(({ type }) => type)).toEqual([
      'key-created',
      'key-updated',
      'key-rotated',
      'key-suspended',
      'key-resumed',
      'key-revealed',
      'key-revoked',
      'key-deleted',
      'key-imported',
      'key-created',
    ])
    expectAccepted(events)
  })

  test('hold no token, secret, digest or copy', async () => {
    const keys = given({ encryptionKey: 'a key for viewable copies, long enough' })
    const first = await created(keys, 'billing', { viewable: true })
    const second = done(await keys.keys.rotate(first.record.id, { overlapSeconds: DAY }, 'operator', NOW))
    done(await keys.keys.reveal(first.record.id, 'operator', NOW))
    const { secret, previous, copy } = await shown(keys, first.record.id)
    const kept = [first.token, second.token, secret.digest, previous?.digest, copy].map((text) => text ?? 'missing')
    const told = JSON.stringify([keys.events, keys.logged])
    expect(keys.events).toHaveLength(3)
    for (const text of kept) for (const part of [text, text.slice(-20)]) expect(told).not.toContain(part)
    expect(kept).not.toContain('missing')
  })

  test('tell that one ends soon', async () => {
    const keys = given()
    await created(keys, 'short', { expiresAt: NOW + 3 * DAY })
    const sink = memorySink()
    await expiring(keys.store, { at: NOW, sink })
    expect(sink.events).toMatchObject([{ type: 'key-near-expiry', name: 'short', actor: null }])
    expectAccepted(sink.events)
  })

  test('tell that an old secret, and one that has ended, is used', async () => {
    const keys = given()
    const { record } = await created(keys, 'billing', { owner: 'acme' })
    const sink = memorySink()
    const parts = { store: keys.store, sink, now: () => NOW, random }
    const { record: note, flush } = recorder(parts)
    const match: Match = {
      pattern: '/*',
      path: '/a',
      query: undefined,
      passage: 'judged',
      access: 'read',
      surface: 'api',
      permissions: undefined,
      credentials: undefined,
      endpoint: undefined,
    }
    const old = principalOf(record, { slot: 1 })
    const ended: Principal = principalOf({ ...record, id: 'another', expiresAt: NOW - 1 })
    const decisions: readonly Decision[] = [
      { allow: true, principal: old, match, place: undefined },
      { allow: false, principal: ended, match, refusal: { reason: 'token-expired', principal: ended } },
    ]
    for (const decision of decisions) note(decision, accessOf({ at: NOW }), () => undefined)
    await flush()
    expect(sink.events.map(({ type }) => type)).toEqual(['key-used-old-secret', 'key-expired'])
    expectAccepted(sink.events)
  })

  test('and every type of them is made here', async () => {
    const { events } = await lived()
    const elsewhere = ['key-near-expiry', 'key-used-old-secret', 'key-expired']
    const made = new Set([...events.map(({ type }) => type), ...elsewhere])
    expect(KEY_EVENT_TYPES.filter((type: KeyEvent['type']) => !made.has(type))).toEqual([])
  })
})

test('the event of a slot that ends soon fits the schema', async () => {
  const sink = memorySink()
  const slots = slotsNearDeadline([{ credential: 'partner', slot: 1, until: NOW + DAY }], [7], NOW)
  await tellSlots(slots, { at: NOW, sink, marks: processMarks() })
  expect(sink.events).toMatchObject([{ type: 'static-slot-near-deadline', name: 'partner', slot: 1 }])
  expectAccepted(sink.events)
})
