import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileOf, folder } from '../run.ts'
import { place } from './place.ts'

const FIXTURES = new URL('../../imports/fixtures/', import.meta.url).pathname
const TABLES = join(FIXTURES, 'strapi-tables.json')
const STRAPI = JSON.parse(readFileSync(join(FIXTURES, 'strapi-tokens.json'), 'utf8')) as {
  readonly salt: string
  readonly tokens: Readonly<Record<string, string>>
}
const SALT = { API_TOKEN_SALT: STRAPI.salt }

const CI = 'abcdefghijklmnopqrstuvwxyz0123456789'
const NIGHT = 'ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210'
const LIST = `name,token,type,owner\nci,${CI},full-access,acme\nnight,${NIGHT},read-only,\n`

interface Report {
  readonly imported: number
  readonly already: number
  readonly left: readonly { readonly where: string; readonly why: string }[]
  readonly warnings: readonly { readonly where: string; readonly why: string }[]
  readonly entry: { readonly scheme: string }
}

describe.each(['a store', 'a deployment'] as const)('an import into %s', (kind) => {
  it('lets the tokens of a Strapi count on, says what was left, and changes nothing the second time', async () => {
    const keys = await place(kind, SALT)
    const args = ['import', '--from', 'strapi', '--file', TABLES, '--json']
    const first = await keys.keys(...args)
    const report = JSON.parse(first.stdout) as Report
    expect([first.code, report.imported, report.already]).toEqual([1, 9, 0])
    expect(report.left.map(({ where }) => where)).toEqual(['row 7 (idle)', 'row 8 (expired)'])
    expect(report.entry).toEqual({ scheme: 'strapi', salt: { secret: 'API_TOKEN_SALT' } })
    expect(await keys.call(STRAPI.tokens['reader'] as string)).toEqual([200, undefined])
    expect((await keys.call((STRAPI.tokens['reader'] as string).replace(/^./, '0')))[0]).toBe(401)
    const before = await keys.done('list', '--json')
    const second = JSON.parse((await keys.keys(...args)).stdout) as Report
    expect([second.imported, second.already, second.left]).toEqual([0, 9, report.left])
    expect((JSON.parse(await keys.done('list', '--json')) as object[]).length).toBe(
      (JSON.parse(before) as object[]).length,
    )
  })

  it('gives a key another name where its own is taken', async () => {
    const keys = await place(kind)
    await keys.done('create', '--name', 'ci')
    const { code, stdout, stderr } = await keys.keys('import', '--from', 'csv', '--file', fileOf(LIST, 'list.csv'))
    expect([code, stdout.split('\n')]).toEqual([
      0,
      ['warning  ci: another key has this name, so it is called ci (2)', 'imported 2, there already 0, left 0', ''],
    ])
    expect(stderr).toContain('{"scheme":"sha256","shape":')
    expect(stdout + stderr).not.toContain(CI)
    expect(await Promise.all([CI, NIGHT].map((token) => keys.call(token)))).toEqual([
      [200, undefined],
      [200, undefined],
    ])
    expect(JSON.parse(await keys.done('show', 'ci (2)', '--json'))).toMatchObject({ owner: 'acme', imported: 'sha256' })
  })
})

describe('an import', () => {
  it('of many keys goes to a deployment in parts', async () => {
    const keys = await place('a deployment')
    const description = 'd'.repeat(480)
    const rows = Array.from({ length: 230 }, (_, n) => `key ${n},${`k${n}x`.padEnd(40, 'Q')},${description}`)
    const file = fileOf(`name,token,description\n${rows.join('\n')}\n`, 'many.csv')
    const report = JSON.parse(await keys.done('import', '--from', 'csv', '--file', file, '--json')) as Report
    expect([report.imported, report.left]).toEqual([230, []])
    expect(await keys.call('k229x'.padEnd(40, 'Q'))).toEqual([200, undefined])
  })

  it('that is only tried needs no store and changes nothing', async () => {
    const keys = await place('a store')
    const { code, stdout } = await keys.keys('import', '--from', 'csv', '--file', fileOf(LIST, 'list.csv'), '--dry-run')
    expect([code, stdout]).toEqual([0, 'would take 2, less those that are there already, left 0\n'])
    expect(await keys.done('list', '--json')).toBe('[]\n')
  })

  it('of something else is told, and nothing is written', async () => {
    const keys = await place('a store')
    const file = fileOf('{"not": "an export"}', 'export.json')
    const { code, stdout, stderr } = await keys.keys('import', '--from', 'unkey', '--file', file)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error .+\n$/)
    const missing = await keys.keys('import', '--from', 'unkey', '--file', join(folder(), 'none'))
    expect(missing).toMatchObject({ code: 2, stdout: '' })
  })
})
