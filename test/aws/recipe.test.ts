import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { AwsServer } from '../secrets/aws-server.ts'
import { awsServer } from '../secrets/aws-server.ts'
import { restEvent } from './events.ts'
import { ROOT } from './offline.ts'

/** A function of one's own, bundled by the command that the pages have. */
const TOKEN = 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU'
const run = promisify(execFile)

const ENTRY = `
  import { authorizer } from 'latchkey/aws'
  const credentials = [{ kind: 'static-token', tokens: { secret: 'TOKEN' }, type: 'full-access' }]
  export const handler = authorizer({ document: { credentials, routes: [{ path: '/*' }] } })
`
const CALL = `
  const [path, event] = JSON.parse(process.argv[1])
  const { handler } = await import(path)
  console.log(await handler(event).then((answer) => answer.policyDocument.Statement[0].Effect, (error) => error.message))
`

function recipeOf(page: string): string {
  const text = readFileSync(join(ROOT, 'docs', page), 'utf8')
  const recipes = [...text.matchAll(/^ {4}(esbuild .*\\\n.*)$/gm)].map(([, command]) => command as string)
  expect(recipes).toHaveLength(1)
  return recipes[0] as string
}

let folder: string
let server: AwsServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-recipe-'))
  writeFileSync(join(folder, 'authorizer.ts'), ENTRY)
  server = await awsServer()
  server.secrets.set('latchkey/prod', { AWSCURRENT: JSON.stringify({ TOKEN }) })
})

beforeEach(() => {
  server.calls.length = 0
})

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
})

/** What a function says to its token, in a process of its own, and what it logs. */
async function said(command: string): Promise<string[]> {
  const alias = `--alias:latchkey/aws=${join(ROOT, 'adapters/aws/index.ts')}`
  const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`
  await run('sh', ['-c', `${command} ${alias} --log-level=error`], { cwd: folder, env: { ...process.env, PATH } })
  const event = restEvent({ method: 'GET', target: '/', headers: [['Authorization', `Bearer ${TOKEN}`]] })
  const { stdout } = await run(
    process.execPath,
    ['--input-type=module', '--eval', CALL, JSON.stringify([join(folder, 'authorizer.mjs'), event])],
    {
      env: {
        LATCHKEY_SECRETS: 'secretsmanager:latchkey/prod',
        AWS_ENDPOINT_URL: server.url,
        AWS_REGION: 'eu-central-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'the-key-of-the-role',
      },
    },
  )
  return stdout.trimEnd().split('\n')
}

test('the pages have one command', () => {
  expect(recipeOf('aws-secrets.md')).toBe(recipeOf('aws.md'))
})

test('it makes a function that reads its secrets elsewhere', async () => {
  expect((await said(recipeOf('aws.md'))).at(-1)).toBe('Allow')
  expect(server.calls).toHaveLength(2)
})

test('without its banner the function says what it lacks', async () => {
  const [notice, answer] = await said(recipeOf('aws.md').replace(/--banner:js="[^"]*"/, ''))
  expect(JSON.parse(notice as string)).toMatchObject({
    type: 'notice',
    message: expect.stringMatching(/^nothing can be decided: Dynamic require of "[\w:/]+" is not supported$/),
  })
  expect(answer).toBe('latchkey: not-configured')
  expect(server.calls).toEqual([])
})
