import { describe, expect, it } from 'vitest'
import { fileOf, run } from './run.ts'

const PEPPER = /^[A-Za-z0-9_-]{43}\n$/

function documentOf(...peppers: readonly { readonly version: number | string; readonly secret: string }[]) {
  const credentials = [{ kind: 'api-key', peppers }]
  return { credentials, store: { binding: 'KEYS' }, routes: [{ path: '/*' }] }
}

describe('latchkey pepper', () => {
  it('prints 32 random bytes on stdout, and nothing else', async () => {
    const [one, other] = await Promise.all([run(['pepper']), run(['pepper'])])
    expect(one).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(PEPPER) })
    expect(one.stdout).not.toBe(other.stdout)
  })

  it('prints JSON where it is asked to', async () => {
    const { stdout } = await run(['pepper', '--json'])
    expect(JSON.parse(stdout)).toEqual({ pepper: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) })
  })

  it.each([
    ['the first', [1], '2'],
    ['the one after a letter', ['A', 1, 2], '3'],
    ['a letter, after nine digits', [1, 2, 3, 4, 5, 6, 7, 8, 9], 'A'],
    ['a gap', [1, 3], '2'],
  ])('--next tells a version that the document does not use: %s', async (_, versions, next) => {
    const config = fileOf(documentOf(...versions.map((version) => ({ version, secret: `PEPPER_${version}` }))))
    const { code, stdout, stderr } = await run(['pepper', '--next', '--config', config])
    expect([code, stdout]).toEqual([0, expect.stringMatching(PEPPER)])
    expect(stderr).toContain(`version ${next}. To roll to it from ${versions[0]}`)
    expect(stderr).toContain(`LATCHKEY_PEPPER_${next}`)
    expect(stderr).not.toContain(stdout.trim())
    const json = JSON.parse((await run(['pepper', '--next', '--json', '--config', config])).stdout) as object
    expect(json).toMatchObject({ version: next, current: String(versions[0]) })
  })

  it('--next writes the version as the document takes it', async () => {
    const config = fileOf(documentOf({ version: 1, secret: 'P' }))
    const { stderr } = await run(['pepper', '--next', '--config', config])
    expect(stderr).toContain('{ "version": 2, "secret": "LATCHKEY_PEPPER_2" }')
  })

  it('--next needs a document that issues keys', async () => {
    expect(await run(['pepper', '--next'])).toMatchObject({ code: 2, stdout: '' })
    const tokens = { credentials: [{ kind: 'static-token', tokens: { secret: 'A' } }], routes: [{ path: '/*' }] }
    expect(await run(['pepper', '--next', '--config', fileOf(tokens)])).toMatchObject({ code: 2, stdout: '' })
    const faulty = await run(['pepper', '--next', '--config', fileOf({ routes: [] })])
    expect(faulty).toMatchObject({ code: 1, stdout: '' })
    expect(faulty.stderr).toMatch(/^error \d faults in the configuration/)
  })
})
