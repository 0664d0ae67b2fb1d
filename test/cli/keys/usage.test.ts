import { describe, expect, it } from 'vitest'
import { parseKey } from '../../../src/keys/format.ts'
import type { Place } from './place.ts'
import { place } from './place.ts'

const today = () => new Date().toISOString().slice(0, 10)

/** Two owners' keys that were used: what is allowed is then lost, as there is no origin. */
async function used(kind: 'a store' | 'a deployment'): Promise<Place & { readonly id: string }> {
  const keys = await place(kind)
  const acme = await keys.done('create', '--name', 'billing', '--owner', 'acme', '--permission', 'orders.read')
  const other = await keys.done('create', '--name', 'night', '--owner', 'other')
  for (const [token, path, status] of [
    [acme, '/orders/1', 502],
    [acme, '/orders/2', 502],
    [acme, '/files/1', 403],
    [other, '/orders/1', 502],
  ] as const) {
    expect((await keys.call(token, path))[0]).toBe(status)
  }
  await keys.flush()
  return { ...keys, id: parseKey(acme.trim())?.id as string }
}

describe.each(['a store', 'a deployment'] as const)('the usage of keys in %s', (kind) => {
  it('is told by key, owner and day', async () => {
    const keys = await used(kind)
    const [line, ...more] = (await keys.done('usage', '--owner', 'acme')).trim().split('\n')
    expect(more).toEqual([])
    expect(line?.split('\t').slice(0, 6)).toEqual([
      today(),
      'acme',
      keys.id,
      'billing',
      '2',
      '1 (permission-missing 1)',
    ])
    const byName = JSON.parse(await keys.done('usage', '--key', 'night', '--since', '1d', '--json')) as object
    expect(byName).toMatchObject({ to: today(), rows: [{ owner: 'other', allowed: 1, routes: { '/orders/*': 1 } }] })
    const csv = await keys.done('usage', '--group', 'owner', '--csv')
    const rows = csv
      .trim()
      .split(/\r?\n/)
      .map((row) => row.split(','))
    expect(rows[0]?.slice(0, 5)).toEqual(['owner', 'key', 'day', 'allowed', 'refused'])
    expect(
      rows
        .slice(1)
        .filter(([owner]) => owner !== '')
        .map((row) => row.slice(0, 5)),
    ).toEqual([
      ['acme', '', '', '2', '1'],
      ['other', '', '', '1', '0'],
    ])
  })

  it('of one key is also its log, the newest first, when it is gone too', async () => {
    const keys = await used(kind)
    await keys.done('rotate', 'billing')
    const lines = (await keys.done('log', 'billing'))
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(1))
    expect(lines.map(([what]) => what)).toEqual(['key-rotated', 'key-refused', 'key-created'])
    expect(lines[1]).toEqual(['key-refused', '127.0.0.1', 'permission-missing: GET /files/1'])
    expect(lines[0]?.[1]).toMatch(kind === 'a store' ? /^operator$/ : /^api-key:/)
    expect((await keys.done('log', 'billing', '--limit', '1')).split('\n')).toHaveLength(2)
    await keys.done('delete', 'billing', '--yes')
    expect((await keys.done('log', keys.id)).split('\n')[0]).toContain('key-deleted')
    expect((await keys.done('usage', '--key', keys.id)).split('\t')[4]).toBe('2')
  })

  it('is told of a key that is shown: when it was used last', async () => {
    const keys = await used(kind)
    expect(await keys.done('show', 'billing')).toMatch(new RegExp(`^last used +${today()}`, 'm'))
  })
})
