import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileOf, folder } from '../run.ts'
import { runHere } from '../run-here.ts'
import type { Files } from './given.ts'
import { API, APP, projectOf, SITE, WHOLE_APP, withMatcher } from './given.ts'

function check(files: Files, document: unknown, ...more: readonly string[]) {
  const project = projectOf(files)
  return runHere(['check', '--host', 'vercel', '--config', fileOf(document), '--project', project, ...more])
}

/** Runs as if it were started in a folder. */
async function checkIn(path: string, ...more: readonly string[]) {
  const before = process.cwd()
  onTestFinished(() => process.chdir(before))
  const config = fileOf(API)
  process.chdir(path)
  const outcome = await runHere(['check', '--host', 'vercel', '--config', config, ...more])
  process.chdir(before)
  return outcome
}

describe('latchkey check --project', () => {
  it('prints the matcher that a scope implies, and exits 0 where nothing is wrong', async () => {
    const { code, stdout, stderr } = await check(APP, API)
    expect(code).toBe(0)
    expect(stdout).toContain("export const config = { matcher: ['/api/:path*', '/_latchkey/:path*'] }")
    expect(stderr).toMatch(/: 0 errors, 0 warnings\n$/)
  })

  it('prints none where everything is judged, and one that saves the calls for files', async () => {
    const { code, stdout } = await check(WHOLE_APP, SITE)
    expect(code).toBe(0)
    expect(stdout).toContain('the matcher: none, leave it away')
    expect(stdout).toContain("export const config = { matcher: ['/((?!_next/static/|favicon\\\\.ico$).*)'] }")
  })

  it('tells each error with its line, and exits 1', async () => {
    const { code, stderr } = await check(withMatcher(APP, "'/api/health'"), API)
    expect(code).toBe(1)
    expect(stderr).toMatch(/proxy\.ts:3: error: \/api\/orders\/:id is protected, .* \[matcher-gap\]\n/)
    expect(stderr).toMatch(/: 2 errors, 1 warning\n$/)
  })

  it('exits 0 with warnings alone', async () => {
    const { code, stderr } = await check(withMatcher(APP, "'/api/:path*'"), API)
    expect([code, stderr]).toEqual([0, expect.stringContaining('warning: /_latchkey/health')])
  })

  it('tells all of it as JSON', async () => {
    const { code, stdout } = await check(withMatcher(APP, "'/api/:path*'"), API, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      host: 'vercel',
      matcher: ['/api/:path*', '/_latchkey/:path*'],
      findings: [{ file: expect.stringMatching(/proxy\.ts$/), line: 3, severity: 'warning', code: 'own-unmatched' }],
    })
  })

  it('says as JSON that it is not ok', async () => {
    const { code, stdout } = await check(withMatcher(WHOLE_APP, "'/api/:path*'"), SITE, '--json')
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { ok: false, matcher: null }])
  })

  it('writes nothing with --emit where there is an error', async () => {
    const path = join(folder(), 'checked.json')
    const { code, stderr } = await check(withMatcher(APP, "'/api/health'"), API, '--emit', path)
    expect([code, stderr.includes('wrote')]).toEqual([1, false])
  })

  it('shows nothing of a file that would move the cursor of a terminal', async () => {
    const { stderr } = await check(withMatcher(APP, "'\u001b[2J'"), API)
    expect(stderr).not.toContain('\u001b[2J')
    expect(stderr).toContain('[matcher-unread]')
  })

  it.each([
    ['a folder without a project', () => folder()],
    ['a folder that is none', () => join(folder(), 'missing')],
  ])('refuses %s', async (_, path) => {
    const { code, stderr } = await runHere(['check', '--host', 'vercel', '--config', fileOf(API), '--project', path()])
    expect([code, stderr]).toEqual([2, expect.stringContaining('no Next app, no middleware file, and no function')])
  })

  it('goes with --host vercel alone', async () => {
    const { code, stderr } = await runHere(['check', '--config', fileOf(API), '--project', '.'])
    expect([code, stderr]).toEqual([2, expect.stringContaining('--project goes with --host vercel')])
  })
})

describe('latchkey check --host vercel', () => {
  it('looks at the folder that it is started in', async () => {
    const { code, stderr } = await checkIn(projectOf(withMatcher(APP, "'/api/health'")))
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^proxy\.ts:3: error: /m)])
    expect(stderr).toContain('this folder: 2 errors')
  })

  it('says that there was no project', async () => {
    const path = folder()
    mkdirSync(join(path, 'app'))
    const { code, stdout, stderr } = await checkIn(path)
    expect([code, stderr]).toEqual([0, 'no project was looked at, only the document: name its folder by --project\n'])
    expect(stdout).not.toContain('matcher')
  })

  it('says so beside JSON too, which then has no findings', async () => {
    const { stdout, stderr } = await checkIn(folder(), '--json')
    expect(stderr).toContain('no project was looked at')
    expect(JSON.parse(stdout)).not.toHaveProperty('findings')
  })
})

describe('the examples of this repository', () => {
  it.each(['next', 'vercel'])('examples/%s has no error', async (name) => {
    const files = ['--config', `examples/${name}/latchkey.json`, '--project', `examples/${name}`]
    const { code, stderr } = await runHere(['check', '--host', 'vercel', ...files])
    expect([code, stderr]).toEqual([0, expect.stringMatching(/: 0 errors, \d warnings?\n$/)])
  })
})
