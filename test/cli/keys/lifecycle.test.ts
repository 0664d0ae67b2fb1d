import { describe, expect, it } from 'vitest'
import { parseKey } from '../../../src/keys/format.ts'
import { place } from './place.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const idOf = (token: string) => parseKey(token.trim())?.id as string

describe.each(['a store', 'a deployment'] as const)('keys in %s', (kind) => {
  it('are made: the token goes to stdout alone, and all else to stderr', async () => {
    const keys = await place(kind)
    const { code, stdout, stderr } = await keys.keys('create', '--name', 'billing', '--owner', 'acme')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^lk_1[0-9A-Za-z]{78}\n$/)])
    expect(stderr).toMatch(/^owner +acme$/m)
    expect(stderr).not.toContain(stdout.trim())
    expect(await keys.call(stdout)).toEqual([200, undefined])
  })

  it('are what the flags say, and shown by name and by id', async () => {
    const keys = await place(kind)
    const flags = ['--permission', 'orders.read', '--permission', 'files.*', '--expires', '12h', '--limit', '100/60s']
    const more = [
      '--limit',
      '10000/month',
      '--address',
      '10.0.0.0/8',
      '--metadata',
      'team=a b',
      '--description',
      'jobs',
    ]
    const made = JSON.parse(await keys.done('create', '--name', 'night jobs', ...flags, ...more, '--json')) as Made
    expect(made.key).toMatchObject({
      name: 'night jobs',
      type: 'custom',
      permissions: ['orders.read', 'files.*'],
      description: 'jobs',
      addresses: ['10.0.0.0/8'],
      limits: [
        { requests: 100, windowSeconds: 60 },
        { requests: 10_000, per: 'month' },
      ],
      metadata: { team: 'a b' },
    })
    expect(Date.parse(made.key.expiresAt) - Date.parse(made.key.createdAt)).toBeGreaterThan(12 * HOUR - 60_000)
    const byName = JSON.parse(await keys.done('show', 'night jobs', '--json')) as Made['key']
    expect(byName).toEqual(made.key)
    expect(await keys.done('show', idOf(made.token))).toMatch(/^limits +100\/60s 10000\/month$/m)
  })

  it('are listed in order, filtered and counted', async () => {
    const keys = await place(kind)
    const flags = [
      ['--name', 'b', '--owner', 'acme', '--expires', '2d'],
      ['--name', 'a', '--owner', 'acme', '--expires', '1d'],
      ['--name', 'c', '--owner', 'other', '--expires', 'never'],
    ]
    for (const each of flags) await keys.done('create', ...each)
    const names = async (...args: string[]) => {
      const listed = JSON.parse(await keys.done('list', '--json', ...args)) as { readonly name: string }[]
      return listed.map(({ name }) => name).filter((name) => name !== 'admin')
    }
    expect(await names()).toEqual(['a', 'b', 'c'])
    expect(await names('--owner', 'acme', '--sort', 'expires')).toEqual(['a', 'b'])
    expect(await names('--search', 'C', '--all')).toEqual(['c'])
    expect(await names('--state', 'revoked')).toEqual([])
    const { stdout, stderr } = await keys.keys('list', '--owner', 'acme', '--limit', '1')
    expect(stdout.split('\n').map((line) => line.split('\t')[1])).toEqual(['a', undefined])
    expect(stderr).toContain('--all')
  })

  it('are changed, and lose what is given as nothing', async () => {
    const keys = await place(kind)
    await keys.done('create', '--name', 'ci', '--owner', 'acme', '--address', '10.0.0.0/8', '--metadata', 'a=b')
    const renamed = await keys.done('update', 'ci', '--name', 'build', '--expires', 'never', '--json')
    expect(JSON.parse(renamed)).toMatchObject({ name: 'build', owner: 'acme', expiresAt: null })
    const less = await keys.done('update', 'build', '--owner', '', '--address', '', '--metadata', '', '--json')
    expect(JSON.parse(less)).toMatchObject({ owner: null, addresses: null, metadata: {} })
    expect(await keys.keys('show', 'ci')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: "error no key has the id or the name 'ci'\n",
    })
  })

  it('are rotated: both tokens count in the overlap, and only the new one after', async () => {
    const keys = await place(kind)
    const first = await keys.done('create', '--name', 'ci', '--expires', '10d')
    const second = await keys.keys('rotate', 'ci')
    expect(second.stderr).toMatch(/^the old token counts until \d{4}-\d\d-\d\d \d\d:\d\d UTC\n/)
    expect(await Promise.all([first, second.stdout].map((token) => keys.call(token)))).toEqual([
      [200, undefined],
      [200, undefined],
    ])
    expect(idOf(second.stdout)).toBe(idOf(first))
    const shown = JSON.parse(await keys.done('show', 'ci', '--json')) as Made['key'] & { rotation: { until: string } }
    expect(Date.parse(shown.rotation.until) - Date.now()).toBeGreaterThan(23 * HOUR)
    const third = await keys.keys('rotate', 'ci', '--overlap', '0', '--renew', '90d')
    expect(third.stderr).toMatch(/^the old token counts no more\n/)
    expect(await Promise.all([first, second.stdout, third.stdout].map((token) => keys.call(token)))).toEqual([
      [401, 'token-unknown'],
      [401, 'token-unknown'],
      [200, undefined],
    ])
    const renewed = JSON.parse(await keys.done('show', 'ci', '--json')) as Made['key']
    expect(Date.parse(renewed.expiresAt) - Date.now()).toBeGreaterThan(89 * DAY)
  })

  it('are suspended, resumed, revoked for good, and deleted', async () => {
    const keys = await place(kind)
    const token = await keys.done('create', '--name', 'ci')
    await keys.done('suspend', 'ci')
    expect((await keys.call(token))[0]).toBe(401)
    await keys.done('resume', 'ci')
    expect(await keys.call(token)).toEqual([200, undefined])
    expect(await keys.done('revoke', 'ci', '--reason', 'leaked on a laptop')).toMatch(
      /^revoked .* leaked on a laptop$/m,
    )
    expect(await keys.call(token)).toEqual([401, 'token-revoked'])
    const resumed = await keys.keys('resume', 'ci')
    expect(resumed).toMatchObject({ code: 1, stdout: '' })
    expect(resumed.stderr).toContain('revoked: Create another key: this one is revoked for good.')
    const deleted = await keys.keys('delete', 'ci', '--yes')
    expect(deleted).toMatchObject({ code: 0, stdout: '', stderr: `deleted ci (${idOf(token)})\n` })
    expect(await keys.call(token)).toEqual([401, 'token-unknown'])
    const events = JSON.parse(await keys.done('log', idOf(token), '--json')) as { readonly type: string }[]
    expect(events.map(({ type }) => type).filter((type) => type !== 'key-refused')).toEqual([
      'key-deleted',
      'key-revoked',
      'key-resumed',
      'key-suspended',
      'key-created',
    ])
    await keys.done('create', '--name', 'ci')
  })

  it('are revealed where they were made viewable, and then only', async () => {
    const keys = await place(kind)
    const token = await keys.done('create', '--name', 'shown', '--viewable')
    expect(await keys.done('reveal', 'shown')).toBe(token)
    await keys.done('create', '--name', 'hidden')
    const refused = await keys.keys('reveal', 'hidden')
    expect([refused.code, refused.stdout]).toEqual([1, ''])
    expect(refused.stderr).toContain('not-viewable: Rotate the key')
  })

  it('are refused for each thing that is wrong, with what is allowed there', async () => {
    const keys = await place(kind)
    await keys.done('create', '--name', 'ci')
    const taken = await keys.keys('create', '--name', 'ci')
    expect(taken).toMatchObject({ code: 1, stdout: '' })
    expect(taken.stderr).toContain('name-taken: Use another name: a key has this one.')
    const wrong = await keys.keys('create', '--name', 'b', '--address', 'here', '--expires', '2020-01-01')
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(wrong.stderr).toMatch(/^error (?:422 )?invalid: /)
    for (const pointer of ['/addresses/0', '/expiresAt'])
      expect(wrong.stderr).toMatch(new RegExp(`^  ${pointer}  `, 'm'))
    const unneeded = await keys.keys('create', '--name', 'b', '--permission', 'orders.reed')
    expect(unneeded).toMatchObject({ code: 1, stdout: '' })
    expect(unneeded.stderr).toContain('orders.read')
    expect(await keys.done('create', '--name', 'b', '--permission', 'orders.reed', '--force')).toMatch(/^lk_/)
  })

  it('are found by a name among others that hold it, and by one that looks like an id', async () => {
    const keys = await place(kind)
    const names = ['ci', 'ci 2', 'a ci', 'CI', '0123456789abcdefg', 'ci%41']
    for (const name of names) await keys.done('create', '--name', name)
    for (const name of names) {
      expect(JSON.parse(await keys.done('show', name, '--json'))).toMatchObject({ name })
    }
    expect((await keys.keys('show', 'c')).stderr).toBe("error no key has the id or the name 'c'\n")
    expect((await keys.keys('show', '0123456789ABCDEFG')).code).toBe(1)
  })

  it('are told that end soon, the first to end first', async () => {
    const keys = await place(kind)
    for (const [name, expires] of [
      ['late', '20d'],
      ['soon', '2d'],
      ['sooner', '1d'],
      ['ever', 'never'],
    ] as const) {
      await keys.done('create', '--name', name, '--expires', expires)
    }
    await keys.done('revoke', 'sooner')
    const named = async (...args: string[]) =>
      (await keys.done('expiring', ...args)).split('\n').flatMap((line) => line.split('\t')[1] ?? [])
    expect(await named()).toEqual(['soon'])
    expect(await named('--within', '30d')).toEqual(['soon', 'late'])
    expect(await keys.keys('expiring', '--within', '1h')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no key ends so soon\n',
    })
  })

  it('are exported as lines of JSON, without what would prove a token', async () => {
    const keys = await place(kind)
    const token = await keys.done('create', '--name', 'ci', '--viewable')
    await keys.done('create', '--name', 'billing')
    const lines = (await keys.done('export')).trim().split('\n')
    const exported = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(exported.map(({ name }) => name)).toEqual(expect.arrayContaining(['ci', 'billing']))
    for (const word of ['digest', 'copy', 'v1:', token.trim().slice(35)]) expect(lines.join()).not.toContain(word)
    if (kind === 'a store') expect(exported[0]).toMatchObject({ pepperVersion: '1' })
  })

  it('tell how often they were used, as a table, JSON or CSV', async () => {
    const keys = await place(kind)
    expect(await keys.keys('usage')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringMatching(/^no requests/),
    })
    expect(JSON.parse(await keys.done('usage', '--since', '2d', '--owner', 'acme', '--json'))).toMatchObject({
      rows: [],
    })
    expect(await keys.done('usage', '--csv', '--group', 'owner')).toMatch(/^owner,key,day,allowed,refused/)
  })
})

interface Made {
  readonly token: string
  readonly key: { readonly createdAt: string; readonly expiresAt: string }
}
