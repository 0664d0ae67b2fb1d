import { execFile, execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mounted, projecting } from '../../examples/kubernetes/kubelet.ts'
import { env } from '../../src/secrets/env.ts'
import { file } from '../../src/secrets/file.ts'
import { validateText } from '../../src/validate.ts'

describe('file', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-secrets-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('reads a secret from the file of its name', async () => {
    await writeFile(join(folder, 'TOKEN'), 'mounted\n')
    expect(await file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).toEqual(['mounted'])
  })

  it('asks the other source where there is no such file', async () => {
    expect(await file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).toEqual(['variable'])
  })

  it('asks the other source where there is no such folder', async () => {
    expect(await file(join(folder, 'none'), env({ TOKEN: 'variable' })).get('TOKEN')).toEqual(['variable'])
  })

  it('takes an empty file for a secret that is not configured', async () => {
    await writeFile(join(folder, 'TOKEN'), '\n')
    expect(await file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).toEqual([])
  })

  it('reads the file again each time', async () => {
    const source = file(folder, env({}))
    await writeFile(join(folder, 'TOKEN'), 'old')
    expect(await source.get('TOKEN')).toEqual(['old'])
    await writeFile(join(folder, 'TOKEN'), 'new')
    expect(await source.get('TOKEN')).toEqual(['new'])
  })

  it('follows the link that Kubernetes swaps', async () => {
    for (const version of ['v1', 'v2']) {
      await mkdir(join(folder, version))
      await writeFile(join(folder, version, 'TOKEN'), version)
    }
    await symlink('v1', join(folder, '..data'))
    await symlink(join('..data', 'TOKEN'), join(folder, 'TOKEN'))
    const source = file(folder, env({}))
    expect(await source.get('TOKEN')).toEqual(['v1'])
    await symlink('v2', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    expect(await source.get('TOKEN')).toEqual(['v2'])
  })

  it('reads what is asked for at once from one version of the mount', async () => {
    for (const version of ['v1', 'v2']) await mkdir(join(folder, version))
    const pipes = ['PIPE_1', 'PIPE_2'] as const
    execFileSync('mkfifo', [join(folder, 'v1', pipes[0]), join(folder, 'v1', pipes[1])])
    await writeFile(join(folder, 'v1', 'TOKEN'), 'one')
    for (const name of pipes) await writeFile(join(folder, 'v2', name), '')
    await writeFile(join(folder, 'v2', 'TOKEN'), 'two')
    await writeFile(join(folder, 'v2', 'TOKEN_PREVIOUS'), 'one')
    await symlink('v1', join(folder, '..data'))
    const names = ['TOKEN_PREVIOUS', ...pipes, 'TOKEN']
    for (const name of names) await symlink(join('..data', name), join(folder, name))
    const values = valuesElsewhere(folder, names)
    const first = await writerOf(join(folder, 'v1', pipes[0]))
    // By now TOKEN_PREVIOUS was not there; TOKEN is not opened before the second pipe is.
    await symlink('v2', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    closeSync(first)
    closeSync(await writerOf(join(folder, 'v1', pipes[1])))
    expect(await values).toEqual([['one'], [], [], ['two']])
  })

  it('begins again where the version that it reads vanishes', async () => {
    for (const version of ['v1', 'v2']) await mkdir(join(folder, version))
    const pipes = [join(folder, 'v1', 'PIPE_1'), join(folder, 'v1', 'PIPE_2')] as const
    execFileSync('mkfifo', pipes)
    await writeFile(join(folder, 'v1', 'TOKEN'), 'one')
    await writeFile(join(folder, 'v2', 'TOKEN'), 'two')
    await symlink('v1', join(folder, '..data'))
    const values = valuesElsewhere(folder, ['PIPE_1', 'PIPE_2', 'TOKEN'])
    const first = await writerOf(pipes[0])
    // TOKEN is not opened before the second pipe is.
    await symlink('v2', join(folder, '..data_tmp'))
    await rename(join(folder, '..data_tmp'), join(folder, '..data'))
    await rm(join(folder, 'v1', 'TOKEN'))
    closeSync(first)
    closeSync(await writerOf(pipes[1]))
    expect(await values).toEqual([[], [], ['two']])
  })

  it.each(['swap-first', 'links-first'] as const)('never reads half of a rotation, %s', async (order) => {
    mounted(folder, { TOKEN: 'old' })
    const source = file(folder, env({}))
    const both = async () => [await source.get('TOKEN'), await source.get('TOKEN_PREVIOUS')]
    const during = async (files: Record<string, string>) => {
      const seen: [string, unknown][] = []
      for (const step of projecting(folder, files, { order })) seen.push([step, await both()])
      return seen
    }
    const [before, rotating, after] = [
      [['old'], []],
      [['new'], ['old']],
      [['new'], []],
    ]
    const linked = ['TOKEN_PREVIOUS is linked', order === 'swap-first' ? rotating : before]
    const swapped = ['..data is swapped', rotating]
    expect(await both()).toEqual(before)
    expect(await during({ TOKEN: 'new', TOKEN_PREVIOUS: 'old' })).toEqual([
      ...(order === 'swap-first' ? [swapped, linked] : [linked, swapped]),
      ['the version before is gone', rotating],
    ])
    expect(await during({ TOKEN: 'new' })).toEqual([
      ['..data is swapped', after],
      ['TOKEN_PREVIOUS is gone', after],
      ['the version before is gone', after],
    ])
  })

  it('reads what a kubelet that ended after the swap never linked', async () => {
    mounted(folder, { TOKEN: 'old' })
    projecting(folder, { TOKEN: 'new', TOKEN_PREVIOUS: 'old' }).next()
    expect(await file(folder, env({})).get('TOKEN_PREVIOUS')).toEqual(['old'])
  })

  it('is asked for no name that leads out of the folder', () => {
    const text = (secret: string) =>
      JSON.stringify({
        credentials: [{ kind: 'static-token', name: 'app', tokens: { secret }, type: 'full-access' }],
        routes: [{ path: '/*' }],
      })
    expect(validateText(text('TOKEN')).ok).toBe(true)
    const climbing = ['..', '../TOKEN', '..data', '/etc/passwd', 'a/b', 'a\\b', '', 'TOKEN\n', 'TOKEN\0']
    for (const name of climbing) expect(validateText(text(name)).ok, name).toBe(false)
    // Wherever a document names what is read, and not in this place alone.
    const patterns = patternsOf(JSON.parse(readFileSync('latchkey.schema.json', 'utf8')), ['secret', 'binding'])
    expect(new Set(patterns)).toEqual(new Set(['^[A-Za-z_][A-Za-z0-9_]{0,63}$']))
  })

  it('throws where the file is there and cannot be read', async () => {
    await mkdir(join(folder, 'TOKEN'))
    await expect(file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

/** The patterns of all texts in a JSON schema that stand under one of these keys. */
function patternsOf(schema: unknown, keys: readonly string[]): unknown[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(keys.includes(key) && value?.type === 'string' ? [value.pattern] : []),
    ...patternsOf(value, keys),
  ])
}

/** What a process gets that opens one file after the other, as they were asked for. */
async function valuesElsewhere(folder: string, names: readonly string[]): Promise<unknown> {
  const code = `
    import { file } from ${JSON.stringify(new URL('../../src/secrets/file.ts', import.meta.url).href)}
    const source = file(${JSON.stringify(folder)}, { get: () => [] })
    console.log(JSON.stringify(await Promise.all(${JSON.stringify(names)}.map((name) => source.get(name)))))`
  const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', code], { env })
  return JSON.parse(stdout)
}

/** The writing end of a pipe, once somebody reads it. */
async function writerOf(path: string): Promise<number> {
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
