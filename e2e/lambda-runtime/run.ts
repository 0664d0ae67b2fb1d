import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Installs AWS's runtime interface client where it is not there, builds the bundle, and runs the tests of the runtime under it. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const CLIENT = fileURLToPath(new URL('client', import.meta.url))
const ENTRY = join(CLIENT, 'node_modules/aws-lambda-ric/index.mjs')

function run(command: string, args: readonly string[], cwd: string): void {
  const env = { ...process.env, LATCHKEY_LAMBDA_RUNTIME_CLIENT: ENTRY }
  const { status } = spawnSync(command, args, { cwd, env, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

if (!existsSync(join(CLIENT, 'node_modules/aws-lambda-ric/rapid-client.node'))) {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], CLIENT)
}
run('npm', ['run', '--silent', 'build'], ROOT)
run('npx', ['vitest', 'run', 'test/aws/lambda-runtime.test.ts'], ROOT)
