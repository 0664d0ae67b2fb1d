import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeyDraft } from '../../src/keys/draft.ts'
import type { KeyRecord } from '../../src/keys/record.ts'
import type { ImportedKey, Kept, NewKey, Registry } from '../../src/keys/registry.ts'
import { isListed, parseRange } from '../../src/lib/ip.ts'
import { covers, parsePermission } from '../../src/lib/permission.ts'
import type { Grant, GrantType, Limit, Principal, Surface } from '../../src/model/principal.ts'
import { DAY, done, given, keeper, NOW, principalOf, rangesOf } from './given.ts'

const SURFACES: readonly Surface[] = ['api', 'admin', 'keys']
/** What a route may need; undefined: a route that needs no permission, which no custom grant passes. */
const NEEDS = ['a.read', 'a.write', 'a.b.read', 'b.read', 'c', 'latchkey.keys.create', 'latchkey.introspect', undefined]
const ADDRESSES = ['10.0.0.1', '10.1.0.1', '11.0.0.1', '2001:db8::1', '::1']
const TIMES = [NOW, NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY, NOW + 1000 * DAY]

const permissions = fc.uniqueArray(
  fc.constantFrom('*', 'a.*', 'a.read', '*.read', 'a.b.*', 'b.read', 'c', 'latchkey.*', 'latchkey.keys.create'),
  { minLength: 1, maxLength: 3 },
)
const owner = fc.constantFrom('acme', 'globex')
const addresses = fc.uniqueArray(fc.constantFrom('10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '0.0.0.0/0'), {
  minLength: 1,
})
const limits = fc.constantFrom<readonly Limit[]>(
  [{ requests: 10, windowSeconds: 60 }],
  [{ requests: 100, windowSeconds: 60 }],
  [{ requests: 100, per: 'day' }],
)
const expiresAt = fc.constantFrom<number | 'never'>(NOW + DAY, NOW + 2 * DAY, NOW + 3 * DAY, 'never')
const TYPES: readonly GrantType[] = ['full-access', 'read-only', 'custom', 'custom', 'custom']

/** Whatever may be asked for a key, often within reach and often not. */
const draft = fc
  .record(
    { type: fc.constantFrom(...TYPES), surface: fc.constantFrom(...SURFACES), owner, addresses, limits, expiresAt },
    { requiredKeys: [] },
  )
  .chain((some) => permissions.map((list) => (some.type === 'custom' ? { ...some, permissions: list } : some)))

const grant = fc.oneof(
  permissions.map((list): Grant => ({ type: 'custom', permissions: list })),
  permissions.map((list): Grant => ({ type: 'custom', permissions: list })),
  fc.constant<Grant>({ type: 'full-access', permissions: [] }),
)

const root = fc
  .record(
    { grant, owner, addresses, limits, ceiling: grant, expiresAt: fc.constantFrom(NOW + DAY, NOW + 3 * DAY) },
    {
      requiredKeys: ['grant'],
    },
  )
  .map(
    ({ addresses: listed, limits: own, ...rest }): Principal =>
      keeper({
        ...rest,
        ...((listed || own) && {
          constraints: { ...(listed && { addresses: rangesOf(listed) }), ...(own && { limits: own }) },
        }),
      }),
  )

const step = fc.record({
  what: fc.constantFrom(
    'create',
    'create',
    'create',
    'import',
    'update',
    'update',
    'rotate',
    'reveal',
    'resume',
    'rename',
  ),
  /** Who does it, and to which key: any number stands for one of those that there are. */
  actor: fc.nat(),
  key: fc.nat(),
  draft,
  /** How much of the draft is asked for; what is left is what the actor himself has. */
  fields: fc.option(
    fc.subarray(['permissions', 'surface', 'owner', 'addresses', 'limits', 'expiresAt'], { maxLength: 2 }),
    {
      freq: 4,
    },
  ),
  isViewable: fc.boolean(),
  hash: fc.nat({ max: 3 }),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

function passes({ type, permissions: patterns }: Grant, need: string | undefined): boolean {
  if (type !== 'custom') return true
  return need !== undefined && patterns.some((text) => covers(parsePermission(text).parts, parsePermission(need).parts))
}

/** All that a key does beyond its root, told as it would be noticed: by requests, not by rules. */
function exceeding(
  key: KeyRecord,
  { owner: own, grant: granted, ceiling, constraints, expiresAt: end }: Principal,
): string[] {
  const grants = ceiling ? [granted, ceiling] : [granted]
  const found = own !== undefined && key.owner !== own ? [`is of ${key.owner}`] : []
  if (grants.every(({ type }) => type === 'full-access')) return found
  const rangesOfKey = key.addresses?.map((text) => parseRange(text) as NonNullable<ReturnType<typeof parseRange>>)
  const hits = [
    ...(key.surface === 'admin' ? ['passes on the surface admin'] : []),
    ...NEEDS.filter((need) => passes(key, need) && !grants.every((each) => passes(each, need))).map(
      (need) => `passes where ${need} is needed`,
    ),
    ...ADDRESSES.filter((address) => {
      const isOpen = rangesOfKey === undefined || isListed(address, rangesOfKey)
      return isOpen && constraints?.addresses && !isListed(address, constraints.addresses)
    }).map((address) => `passes from ${address}`),
    ...TIMES.filter((at) => (key.expiresAt ?? Infinity) > at && (end ?? Infinity) <= at).map((at) => `passes at ${at}`),
    ...(constraints?.limits ?? [])
      .filter(
        (bound) =>
          !key.limits?.some(
            (limit) =>
              limit.requests <= bound.requests &&
              limit.per === bound.per &&
              limit.windowSeconds === bound.windowSeconds,
          ),
      )
      .map(() => 'passes more often'),
  ]
  return [...found, ...hits]
}

/** Keys that were there before, of every reach: some viewable, some suspended. */
async function furnished(keys: Registry): Promise<string[]> {
  const drafts: readonly Omit<NewKey, 'name'>[] = [
    { type: 'full-access', surface: 'keys', expiresAt: 'never' },
    { type: 'full-access', surface: 'admin', owner: 'acme' },
    { type: 'read-only' },
    { type: 'custom', permissions: ['a.read'], expiresAt: NOW + DAY, addresses: ['10.1.0.0/16'] },
    { type: 'custom', permissions: ['*'], owner: 'globex' },
    { type: 'custom', permissions: ['a.read', 'latchkey.keys.create'], surface: 'keys', owner: 'acme' },
  ]
  const made = drafts.map((each, n) => keys.create({ ...each, name: `old ${n}`, viewable: true }, 'operator', NOW))
  const ids = (await Promise.all(made)).map((result) => done(result).record.id)
  await keys.suspend(ids[3] as string, 'operator', NOW)
  await keys.suspend(ids[4] as string, 'operator', NOW)
  return ids
}

/** The draft, or what the actor himself has with some of the draft. */
function askedOf(
  { owner: own, grant: { permissions: has }, constraints, expiresAt: end }: Principal,
  step: Step,
): KeyDraft {
  if (step.fields === null) return step.draft
  const named = Object.entries(step.draft).filter(([field]) => step.fields?.includes(field))
  return {
    type: 'custom',
    permissions: has.length > 0 ? has : ['a.read'],
    ...(own !== undefined && { owner: own }),
    ...(constraints?.addresses && { addresses: ['10.1.0.0/16'] }),
    ...(constraints?.limits && { limits: constraints.limits }),
    ...(end !== undefined && { expiresAt: end }),
    ...Object.fromEntries(named),
  }
}

async function taken(keys: Registry, all: readonly string[], actor: Principal, step: Step, name: string) {
  const { what, isViewable } = step
  const asked = askedOf(actor, step)
  const id = all[step.key % all.length] as string
  if (what === 'create') return keys.create({ ...asked, name, viewable: isViewable }, actor, NOW)
  if (what === 'update') return keys.update(id, asked, actor, NOW)
  if (what === 'rename') return keys.update(id, { name }, actor, NOW)
  if (what === 'reveal') return keys.reveal(id, actor, NOW)
  if (what === 'resume') return keys.resume(id, actor, NOW)
  if (what === 'import') {
    const hash = String(step.hash).repeat(64)
    return keys.import({ type: 'custom', ...asked, name, scheme: 'sha256', hash } as ImportedKey, actor, NOW)
  }
  const end = asked.expiresAt === undefined ? {} : { expiresAt: asked.expiresAt }
  return keys.rotate(id, { overlapSeconds: 60, ...end }, actor, NOW)
}

test('no key that anybody gets hold of does more than the credential that all began with', async () => {
  const outcomes = { done: 0, refused: 0 }
  await fc.assert(
    fc.asyncProperty(root, fc.array(step, { minLength: 5, maxLength: 30 }), async (first, steps) => {
      const { keys } = given({ encryptionKey: 'an encryption key' })
      const all = await furnished(keys)
      /** The keys whose tokens were told to the root, or to those that it made. */
      const held = new Set<string>()
      for (const [n, each] of steps.entries()) {
        const holders = await Promise.all([...held].map((id) => keys.show(id, 'operator') as Promise<Kept>))
        // Whatever its surface is, a key that is held is tried as an actor.
        const actors = [first, ...holders.map(({ record }) => principalOf(record))]
        const actor = actors[each.actor % actors.length] as Principal
        const result = await taken(keys, all, actor, each, `new ${n}`)
        if ('problem' in result) {
          outcomes.refused++
          continue
        }
        outcomes.done++
        const id = 'record' in result ? result.record.id : (all[each.key % all.length] as string)
        if (!all.includes(id)) all.push(id)
        if ('token' in result || (each.what === 'import' && 'already' in result && !result.already)) held.add(id)
        for (const one of held) {
          const { record } = (await keys.show(one, 'operator')) as Kept
          expect(exceeding(record, first)).toEqual([])
          expect(each.what === 'import' && one === id && record.surface === 'keys').toBe(false)
        }
      }
    }),
    { numRuns: 400 },
  )
  // The property says nothing where nothing is ever done, or nothing ever refused.
  expect(outcomes.done).toBeGreaterThan(400)
  expect(outcomes.refused).toBeGreaterThan(500)
}, 120_000)

test('a key of another owner is not even seen, whatever is asked of it', async () => {
  const { keys } = given({ encryptionKey: 'an encryption key' })
  const all = await furnished(keys)
  const actor = keeper({ owner: 'umbrella' })
  for (const id of all) {
    const before = await keys.show(id, 'operator')
    expect(await keys.show(id, actor)).toBeUndefined()
    for (const refused of [
      keys.update(id, { name: 'mine', owner: 'umbrella' }, actor, NOW),
      keys.rotate(id, { overlapSeconds: 0 }, actor, NOW),
      keys.suspend(id, actor, NOW),
      keys.resume(id, actor, NOW),
      keys.revoke(id, actor, NOW),
      keys.remove(id, actor, NOW),
      keys.reveal(id, actor, NOW),
    ]) {
      expect(await refused).toEqual({ problem: 'not-found' })
    }
    expect(await keys.show(id, 'operator')).toEqual(before)
  }
  expect(await keys.list({ limit: 100 }, actor)).toEqual({ items: [], unreadable: 0 })
})
