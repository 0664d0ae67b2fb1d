import type { Deployment } from './deployment.ts'
import { DEPLOYMENT_FLAGS, deployment } from './deployment.ts'
import { Failure } from './failure.ts'
import { INPUT_FLAGS, variablesOf } from './inputs.ts'
import { refusedOf } from './refusal.ts'
import { linesOf } from './table.ts'
import { complain, print, say } from './terminal.ts'
import type { Flags } from './usage.ts'
import { given, UsageError } from './usage.ts'

export const WHOAMI_FLAGS: Flags = {
  ...DEPLOYMENT_FLAGS,
  'env-file': INPUT_FLAGS['env-file'] as Flags[string],
  json: INPUT_FLAGS['json'] as Flags[string],
}

/** `latchkey whoami --url U`: what a deployment takes a token for. The token is never an argument: all can read those. */
export async function whoami(rawArgs: readonly string[]): Promise<number> {
  const flags = given(rawArgs, WHOAMI_FLAGS)
  const url = flags.text('url')
  if (url === undefined) throw new UsageError('name the deployment: --url https://api.example')
  const variables = variablesOf(flags)
  const token = variables['LATCHKEY_TOKEN'] || variables['LATCHKEY_KEY'] || (await fromStdin())
  if (!token) throw new UsageError('set LATCHKEY_TOKEN to the token, or write it to stdin')
  return tell(deployment(url, token, flags.text('key-header')), flags.is('json'))
}

async function tell(ask: Deployment, json: boolean): Promise<number> {
  const answer = await ask('GET', 'whoami')
  if (answer.status === 200) {
    print(json ? JSON.stringify(answer.body, null, 2) : textOf(Object(answer.body)))
    return 0
  }
  if (answer.status === 204) throw new Failure('the deployment is open: it asks for no token')
  const { status, reason, title, requestId } = refusedOf(answer)
  if (json) print(JSON.stringify({ status, reason: reason ?? null, title, requestId: requestId ?? null }, null, 2))
  complain(reason === undefined ? `${status}: ${title}` : `${status} ${reason}: ${title}`)
  const after = answer.headers.get('Retry-After')
  if (after !== null) say(`  try again after ${/^\d+$/.test(after) ? `${after} s` : 'a while'}`)
  return 1
}

function textOf(who: Readonly<Record<string, unknown>>): string {
  const { permissions, expiresAt } = who
  const text = (name: string) => (who[name] === null || who[name] === undefined ? undefined : String(who[name]))
  return linesOf([
    ['subject', text('subject')],
    ['name', text('name')],
    ['owner', text('owner')],
    ['kind', text('kind')],
    ['type', text('type')],
    ['surface', text('surface')],
    ['permissions', Array.isArray(permissions) && permissions.length > 0 ? permissions.join(' ') : undefined],
    ['expires', endOf(expiresAt)],
  ])
}

/** Epoch seconds, or a time as text. */
function endOf(value: unknown): string {
  if (typeof value === 'number') return new Date(value * 1000).toISOString()
  return typeof value === 'string' ? value : 'never'
}

/** What was piped in; nothing is read from a terminal, where it would stay on the screen. */
async function fromStdin(): Promise<string> {
  if (process.stdin.isTTY) return ''
  let text = ''
  for await (const chunk of process.stdin.setEncoding('utf8')) text += chunk
  return text.trim()
}
