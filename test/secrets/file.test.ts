import { execFile, execFileSync } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { env } from '../../src/secrets/env.ts'
import { file } from '../../src/secrets/file.ts'

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

  it('throws where the file is there and cannot be read', async () => {
    await mkdir(join(folder, 'TOKEN'))
    await expect(file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).rejects.toMatchObject({ code: 'EISDIR' })
  })
})

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
