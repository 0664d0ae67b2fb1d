import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { stage } from './stage.ts'

const PACKAGE = resolve('e2e/vercel')
const CLI = join(PACKAGE, 'node_modules/vercel/dist/vc.js')

/** How long a hook may take in which `vercel build` runs. */
export const BUILD_TIMEOUT: number = 240_000

/**
 * Builds a project by `vercel build`, against the package as it is published, and gives the folder of what it made: the
 * Build Output API's. Nothing is sent anywhere.
 */
export async function buildForVercel(name: string, from: string): Promise<string> {
  const around = join(PACKAGE, 'generated', name)
  const project = join(around, 'project')
  rmSync(around, { recursive: true, force: true })
  // Beside the project: its own folder is tidied up by an install that finds nothing to do.
  stage(join(around, 'node_modules/latchkey'))
  mkdirSync(join(project, '.vercel'), { recursive: true })
  cpSync(from, project, { recursive: true })
  const settings = { framework: null, nodeVersion: '24.x' }
  writeJson(join(project, '.vercel/project.json'), { projectId: 'prj_none', orgId: 'team_none', settings })
  writeJson(join(project, 'package.json'), { private: true, type: 'module' })
  writeJson(join(project, 'vercel.json'), { ...configIn(project), installCommand: '' })
  const { PATH = '', HOME = '' } = process.env
  const env = { PATH, HOME, VERCEL_TELEMETRY_DISABLED: '1' }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [CLI, 'build', '--yes'], { cwd: project, env })
  if (/\berror TS\d+/.test(stdout + stderr)) throw new Error(`vercel build:\n${stdout}${stderr}`)
  return join(project, '.vercel/output')
}

function configIn(project: string): object {
  try {
    return JSON.parse(readFileSync(join(project, 'vercel.json'), 'utf8')) as object
  } catch {
    return {}
  }
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)
}
