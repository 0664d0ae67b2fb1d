import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EMBEDDED_TOKEN, echoOrigin } from '../src/cli/embedded.ts'
import { newToken } from '../src/cli/token.ts'

/**
 * The Worker of wrangler.toml on this machine, before an origin that echoes what arrives. Arguments go to
 * `wrangler dev`: `npm run dev:worker -- --port 8790`.
 */
const given = process.env[EMBEDDED_TOKEN]
const token = given || newToken()
const origin = await echoOrigin()
const folder = mkdtempSync(join(tmpdir(), 'latchkey-dev-'))
const variables = join(folder, 'variables')
// In a file that only its owner reads: the arguments of a process are everybody's.
writeFileSync(variables, `ORIGIN=${origin.url}\n${EMBEDDED_TOKEN}=${token}\n`, { mode: 0o600 })

if (!given) {
  console.error(`a token for this run, printed only here (set ${EMBEDDED_TOKEN} to use your own):`)
  console.error(`  TOKEN=${token}`)
  console.error('  curl -H "Authorization: Bearer $TOKEN" http://localhost:8787/api/orders')
}

// By node itself: what npx starts outlives it.
const wrangler = fileURLToPath(new URL('../node_modules/wrangler/bin/wrangler.js', import.meta.url))
const child = spawn(process.execPath, [wrangler, 'dev', '--env-file', variables, ...process.argv.slice(2)], {
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  stdio: 'inherit',
  env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
})
// A terminal tells both; whoever stops this process alone tells it only here.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
child.on('close', (code) => {
  origin.close()
  rmSync(folder, { recursive: true, force: true })
  process.exitCode = code ?? 0
})
