import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { isWithin, narrowed, READ_ONLY_SCOPE, scopeOf, under } from '../../src/keys/token-grant.ts'
import { parsePermission } from '../../src/lib/permission.ts'
import type { Grant } from '../../src/model/principal.ts'
import { permissions } from '../../src/policies/permissions.ts'
import { attemptOf } from '../policies/attempt.ts'

const custom = (...names: string[]): Grant => ({ type: 'custom', permissions: names })
const FULL: Grant = { type: 'full-access', permissions: [] }
const READ: Grant = { type: 'read-only', permissions: [] }

const segment = fc.constantFrom('a', 'b', '*', 'find')
const permission = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .chain((parts) => fc.constantFrom('.', ':').map((separator) => parts.join(separator)))
const grant = fc.oneof(
  fc.constantFrom(FULL, READ),
  fc.uniqueArray(permission, { minLength: 1, maxLength: 4 }).map((names) => custom(...names)),
)

interface Route {
  readonly access: 'read' | 'write'
  readonly needs: readonly string[] | undefined
}
const route: fc.Arbitrary<Route> = fc.record({
  access: fc.constantFrom('read', 'write'),
  needs: fc.option(fc.array(permission, { minLength: 1, maxLength: 2 }), { nil: undefined }),
})

/** What the gate says of a grant at a route. */
const passes = async (held: Grant, { access, needs }: Route): Promise<boolean> => {
  const { attempt } = attemptOf({
    principal: { grant: held },
    match: { access, permissions: needs?.map(parsePermission) },
  })
  return (await permissions()(attempt)) === undefined
}

test('a scope never widens what a key may do, whatever it is and whatever the route needs', async () => {
  const words = fc.oneof(
    permission,
    fc.constantFrom(READ_ONLY_SCOPE, '', 'latchkey.full-access', 'full-access'),
    fc.string(),
  )
  const scope = fc.option(
    fc.array(words, { maxLength: 3 }).map((each) => each.join(' ')),
    { nil: undefined },
  )
  let narrowedOnce = 0
  await fc.assert(
    fc.asyncProperty(grant, scope, route, async (held, asked, where) => {
      const token = narrowed(held, asked)
      if (!token) return
      if (asked !== undefined) narrowedOnce++
      expect((await passes(token, where)) && !(await passes(held, where))).toBe(false)
    }),
    { numRuns: 1000 },
  )
  // The property says nothing where no scope is ever granted.
  expect(narrowedOnce).toBeGreaterThan(50)
})

test('whatever is within a grant passes nowhere else', async () => {
  await fc.assert(
    fc.asyncProperty(grant, grant, route, async (inner, outer, where) => {
      if (!isWithin(inner, outer)) return
      expect((await passes(inner, where)) && !(await passes(outer, where))).toBe(false)
    }),
    { numRuns: 1000 },
  )
})

test('a grant under a ceiling passes only where both do', async () => {
  await fc.assert(
    fc.asyncProperty(grant, grant, route, async (held, ceiling, where) => {
      const both = under(held, ceiling)
      if (!both || !(await passes(both, where))) return
      expect(await Promise.all([passes(held, where), passes(ceiling, where)])).toEqual([true, true])
    }),
    { numRuns: 1000 },
  )
})

test.each<[string, Grant, Grant | undefined, Grant | undefined]>([
  ['all, without a ceiling', custom('a'), undefined, custom('a')],
  ['the ceiling, of full access', FULL, custom('a'), custom('a')],
  ['reading, of full access', FULL, READ, READ],
  ['the permissions that the ceiling covers', custom('a.b', 'c'), custom('a.*'), custom('a.b')],
  ['nothing that can be told, of permissions that only read', custom('a'), READ, undefined],
  ['nothing that can be told, of reading by permissions', READ, custom('a'), undefined],
])('under a ceiling there is %s', (_, held, ceiling, expected) => {
  expect(under(held, ceiling)).toEqual(expected)
})

test.each<[Grant, string | undefined]>([
  [FULL, undefined],
  [READ, READ_ONLY_SCOPE],
  [custom('a', 'b.*'), 'a b.*'],
])('%j is told as the scope %j', (held, scope) => {
  expect(scopeOf(held)).toBe(scope)
})
