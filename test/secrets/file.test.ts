import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

  it('throws where the file is there and cannot be read', async () => {
    await mkdir(join(folder, 'TOKEN'))
    await expect(file(folder, env({ TOKEN: 'variable' })).get('TOKEN')).rejects.toMatchObject({ code: 'EISDIR' })
  })
})
