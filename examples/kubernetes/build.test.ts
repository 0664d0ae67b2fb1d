import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureProgram, INSTALL_MILLISECONDS } from '../../scripts/ensure-program.ts'
import { pack } from '../../scripts/pack.ts'
import { VERSION } from '../../src/version.ts'
import { isolated, librariesOf, listOf, stages, textOf, unlessIsolated } from './dockerfile.ts'
import { recipeOf } from './manifests.ts'

/** Builds the image by buildah. Its bases cannot be had, so others stand in for them under their names. */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const [install = [], image = []] = stages()

describe.skipIf(!isolated)(`the image, built${unlessIsolated}`, () => {
  let folder: string
  let root: string
  let container: string

  beforeAll(() => {
    const neededBy = 'the tests that build the image'
    ensureProgram({ name: 'buildah', versionFlag: '--version', package: 'buildah', neededBy })
    folder = mkdtempSync(join(tmpdir(), 'latchkey-build-'))
    const store = `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/store"\nrunroot = "${folder}/run"\n`
    writeFileSync(join(folder, 'storage.conf'), store)
    writeFileSync(join(folder, 'policy.json'), '{ "default": [{ "type": "insecureAcceptAnything" }] }')
    baseOf(textOf(image, 'FROM'), [process.execPath])
    baseOf(`docker.io/library/${textOf(install, 'FROM').split(' ')[0]}`, [process.execPath, '/bin/sh'], withNpm)
    const context = join(folder, 'context')
    pack(join(context, 'dist/package'))
    for (const name of ['Dockerfile', '.dockerignore', 'package.json', 'package-lock.json']) {
      cpSync(join(ROOT, name), join(context, name))
    }
    build('latchkey', context)
    container = buildah('from', '--pull-never', ...anyone(), 'latchkey')
    root = buildah('mount', container)
  }, INSTALL_MILLISECONDS + 120_000)

  afterAll(() => {
    if (!folder) return
    buildah('rm', '--all')
    rmSync(folder, { recursive: true, force: true })
  })

  function buildah(...args: readonly string[]): string {
    const env = { ...process.env, STORAGE_DRIVER: 'vfs', CONTAINERS_STORAGE_CONF: join(folder, 'storage.conf') }
    return execFileSync('buildah', args, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  }

  const anyone = () => ['--signature-policy', join(folder, 'policy.json')]

  function build(name: string, context: string): void {
    const cache = execFileSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).trim()
    const isolation = ['--isolation', 'chroot', '--pull-never', '--volume', `${cache}:/.npm`]
    buildah('bud', ...isolation, ...anyone(), '--tag', name, context)
  }

  /** An image of programs and their libraries alone. */
  function baseOf(name: string, programs: readonly string[], more?: (files: string) => string): void {
    const context = mkdtempSync(join(folder, 'base-'))
    const files = join(context, 'files')
    for (const path of new Set(programs.flatMap(librariesOf))) copy(path, join(files, path))
    const lines = more?.(files) ?? ''
    writeFileSync(join(context, 'Dockerfile'), `FROM scratch\nCOPY files /\n${lines}`)
    build(name, context)
  }

  /**
   * What node:slim has of its own: Node, npm and a shell; and what this machine has fetched already, as what it reaches the
   * registry by may not be there.
   */
  function withNpm(files: string): string {
    const npm = dirname(
      dirname(realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim())),
    )
    cpSync(npm, join(files, 'usr/local/lib/node_modules/npm'), { recursive: true })
    copy(process.execPath, join(files, 'usr/local/bin/node'))
    copy(realpathSync('/bin/sh'), join(files, 'bin/sh'))
    const script = '#!/bin/sh\nexec node /usr/local/lib/node_modules/npm/bin/npm-cli.js "$@"\n'
    writeFileSync(join(files, 'usr/local/bin/npm'), script)
    chmodSync(join(files, 'usr/local/bin/npm'), 0o755)
    mkdirSync(join(files, 'tmp'))
    const fetched = 'ENV npm_config_prefer_offline=true npm_config_cache=/.npm\n'
    const authorities = process.env['NODE_EXTRA_CA_CERTS']
    if (!authorities) return fetched
    copy(authorities, join(files, 'authorities.pem'))
    return `${fetched}ENV NODE_EXTRA_CA_CERTS=/authorities.pem\n`
  }

  function copy(from: string, to: string): void {
    mkdirSync(dirname(to), { recursive: true })
    copyFileSync(from, to)
  }

  it('says what the manifests say', () => {
    const { OCIv1 } = JSON.parse(buildah('inspect', '--type', 'image', 'latchkey')) as { OCIv1: { config: object } }
    const { securityContext, ports } = recipeOf('./').gate
    expect(OCIv1.config).toMatchObject({
      User: `${securityContext.runAsUser}:${securityContext.runAsGroup}`,
      ExposedPorts: { [`${ports?.[0]?.containerPort}/tcp`]: {} },
      Env: expect.arrayContaining(['NODE_ENV=production']),
      Entrypoint: listOf(image, 'ENTRYPOINT'),
      Cmd: listOf(image, 'CMD'),
    })
  })

  it('holds the package unpacked, and no shell', () => {
    expect(readdirSync(join(root, 'opt/latchkey')).toSorted()).toEqual(['node_modules', 'package'])
    expect(readdirSync(root)).not.toContain('bin')
  })

  it('runs by its ENTRYPOINT', () => {
    const ran = buildah('run', '--isolation', 'chroot', container, '--', ...listOf(image, 'ENTRYPOINT'), '--version')
    expect(ran).toBe(VERSION)
  })
})
