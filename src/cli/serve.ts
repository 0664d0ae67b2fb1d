import type { AuthorizationServer } from '../../adapters/node/ext-authz.ts'
import type { Running } from '../../adapters/node/serve.ts'
import { GRACE_SECONDS, OriginMissing, serve as serveGate } from '../../adapters/node/serve.ts'
import { isOriginUrl } from '../lib/host.ts'
import { isLoopback } from '../lib/ip.ts'
import type { SecretSource, Sink } from '../model/ports.ts'
import { originSettings } from '../origin.ts'
import { env } from '../secrets/env.ts'
import { validateText } from '../validate.ts'
import { VERSION } from '../version.ts'
import { EMBEDDED_TOKEN, echoOrigin, embeddedDocument, opensTheGate } from './embedded.ts'
import { documentText, INPUT_FLAGS, secretsOf, variablesOf } from './inputs.ts'
import type { ReadyKeys } from './serve-keys.ts'
import { firstKey, readyKeys } from './serve-keys.ts'
import { complain, paint, say, warn } from './terminal.ts'
import { newToken } from './token.ts'
import type { Flags, Given } from './usage.ts'
import { given, UsageError } from './usage.ts'

export const SERVE_FLAGS: Flags = {
  ...INPUT_FLAGS,
  json: { type: 'boolean', description: 'print the line of the start as JSON' },
  origin: { type: 'string', valueHint: 'URL', description: 'where allowed requests go; before the document' },
  store: {
    type: 'string',
    valueHint: 'STORE',
    description: "where issued keys are, as sqlite:./keys.db; else LATCHKEY_STORE, else the document's",
  },
  host: { type: 'string', valueHint: 'H', description: 'address to listen on; else LATCHKEY_HOST, else 127.0.0.1' },
  port: { type: 'string', valueHint: 'N', description: 'port to listen on; else LATCHKEY_PORT, PORT, else 8787' },
  grpc: {
    type: 'string',
    valueHint: 'PORT',
    description: 'port for Envoy, which asks there by gRPC (ext_authz v3); needs @grpc/grpc-js',
  },
  'tls-cert': { type: 'string', valueHint: 'FILE', description: 'PEM certificate chain, read again when it changes' },
  'tls-key': { type: 'string', valueHint: 'FILE', description: 'PEM key' },
  log: { type: 'string', valueHint: 'json|none', description: 'events on stdout; else LATCHKEY_LOG, else json' },
}

type Variables = Readonly<Record<string, string | undefined>>

const REMINDER_MILLISECONDS = 10 * 60 * 1000

/** `latchkey serve`: resolves once the gate runs; the process then lives until it is told to stop. */
export async function serve(rawArgs: readonly string[]): Promise<number | undefined> {
  const flags = given(rawArgs, SERVE_FLAGS)
  const variables = variablesOf(flags)
  const text = documentText(flags, variables)
  try {
    const running =
      text === undefined ? await serveEmbedded(flags, variables) : await serveDocument(text, flags, variables)
    stopOnSignal(running)
    return undefined
  } catch (error) {
    const message = messageOf(error as NodeJS.ErrnoException)
    if (message === undefined) throw error
    complain(message)
    return 1
  }
}

/** What kept the gate from starting, and what to do; undefined where that is a bug. */
function messageOf(error: NodeJS.ErrnoException): string | undefined {
  const { code = '', path } = error
  if (error instanceof OriginMissing) return error.message
  if (code === 'EADDRINUSE') return `${code}: the port is taken; choose another with --port`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${code}: this machine has no such address; choose another with --host`
  }
  if (code === 'EACCES' && path === undefined)
    return `${code}: the port is not yours; choose one above 1023 with --port`
  if (code.startsWith('ERR_OSSL')) return `${code}: no certificate and its key; see --tls-cert and --tls-key`
  if (path !== undefined) return code === 'ENOENT' ? `no such file: ${path}` : `${code}: ${path} cannot be read`
  return undefined
}

async function serveDocument(text: string, flags: Given, variables: Variables): Promise<Running> {
  if (variables['LATCHKEY_AUTH']) warn('LATCHKEY_AUTH is ignored: the document decides')
  const result = validateText(text)
  // The gate tells the faults themselves, as it does on every host.
  if (!result.ok) complain('the configuration is faulty; every request is answered 503 until it is mended')
  const secrets = secretsOf(flags, variables)
  const keys = result.ok
    ? await readyKeys({ text: storeText(flags, variables), variables, secrets, document: result.document })
    : undefined
  const running = await start(flags, variables, { text, secrets, ...startedWith(keys) })
  announce(running, flags, result.ok ? 'enforcing' : 'faulty', result.ok ? running.origin : 'none')
  warnOfOpenBind(running, flags)
  return running
}

async function serveEmbedded(flags: Given, variables: Variables): Promise<Running> {
  const isOpen = opensTheGate(variables['LATCHKEY_AUTH'])
  const named = storeText(flags, variables)
  const own = await secretsOf(flags, variables).get(EMBEDDED_TOKEN)
  // Where keys are issued, nobody needs a token beside them.
  const generated = own.length > 0 || named !== undefined ? undefined : newToken()
  const secrets = generated === undefined ? secretsOf(flags, variables) : env({ [EMBEDDED_TOKEN]: generated })
  const hasToken = own.length > 0 || generated !== undefined
  const document = embeddedDocument({ isOpen, hasToken, hasKeys: named !== undefined })
  const keys = await readyKeys({ text: named, variables, secrets, document })
  const first = keys && (await firstKey(keys))
  const echo = flags.text('origin') === undefined ? await echoOrigin() : undefined
  const running = await start(flags, variables, { document, secrets, origin: echo?.url, ...startedWith(keys) })
  announce(running, flags, isOpen ? 'open' : 'enforcing', echo ? 'an echo of what arrives' : running.origin)
  if (isOpen) remindThatItIsOpen()
  else if (generated !== undefined) introduce(generated, running.url)
  if (first) introduceKey(first.token, running.url)
  warnOfOpenBind(running, flags)
  return {
    ...running,
    close: async (graceSeconds) => {
      await running.close(graceSeconds)
      echo?.close()
    },
  }
}

/** The flag, then the variable; a document's own binding is read where there is neither. */
function storeText(flags: Given, variables: Variables): string | undefined {
  return flags.text('store') ?? (variables['LATCHKEY_STORE'] || undefined)
}

type StartedWith = Pick<Parameters<typeof serveGate>[0], 'store' | 'storeText'> & { readonly secrets?: SecretSource }

function startedWith(keys: ReadyKeys | undefined): StartedWith {
  return keys ? { store: keys.store, storeText: keys.text, secrets: keys.secrets } : {}
}

type Started = Running & {
  readonly origin: string
  /** Where Envoy asks by gRPC. */
  readonly grpc?: string
}

async function start(
  flags: Given,
  variables: Variables,
  what: Pick<Parameters<typeof serveGate>[0], 'text' | 'document' | 'origin' | 'store' | 'storeText'> & {
    secrets: SecretSource
  },
): Promise<Started> {
  const origin = flags.text('origin') ?? what.origin
  if (origin !== undefined && !isOriginUrl(origin)) {
    throw new UsageError('--origin takes a URL such as http://127.0.0.1:9000, with no path, query or user')
  }
  const running = await serveGate({
    ...what,
    variables,
    origin: origin?.replace(/\/$/, ''),
    host: flags.text('host') ?? (variables['LATCHKEY_HOST'] || undefined),
    port: portOf(flags.text('port') ?? (variables['LATCHKEY_PORT'] || variables['PORT'] || undefined)),
    tls: tlsOf(flags),
    sink: sinkOf(flags.text('log') ?? (variables['LATCHKEY_LOG'] || 'json')),
  })
  const authorization = await authorizationBeside(running, flags, variables)
  const close = async (graceSeconds?: number) => {
    await authorization?.close(graceSeconds)
    await running.close(graceSeconds)
    if (typeof what.store === 'object') what.store.close?.()
  }
  return {
    ...running,
    close,
    ...(authorization && { grpc: authorization.address }),
    origin: origin ?? originSettings(running.gate.latchkey.settings)?.url ?? 'from its binding',
  }
}

/** Envoy's authorization service, where it is asked for; on the gate's own address. */
async function authorizationBeside(
  running: Running,
  flags: Given,
  variables: Variables,
): Promise<AuthorizationServer | undefined> {
  const port = portOf(flags.text('grpc'))
  if (port === undefined) return undefined
  try {
    const { authorizationServer } = await import('../../adapters/node/ext-authz.ts')
    const host = flags.text('host') ?? (variables['LATCHKEY_HOST'] || undefined)
    const authorization = await authorizationServer(running.gate, { host, port, tls: tlsOf(flags) })
    if (!running.gate.latchkey.settings.document.proxies) {
      warn('"proxies" in the document says who may ask by gRPC: without it everybody is refused')
    }
    return authorization
  } catch (error) {
    await running.close(0)
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') {
      throw new UsageError('--grpc needs @grpc/grpc-js: npm install @grpc/grpc-js')
    }
    throw new UsageError(`--grpc ${port}: the port is taken, or not yours`)
  }
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new UsageError('a port is a number from 0 to 65535')
  return Number(text)
}

function tlsOf(flags: Given): { cert: string; key: string } | undefined {
  const [cert, key] = [flags.text('tls-cert'), flags.text('tls-key')]
  if (cert === undefined && key === undefined) return undefined
  if (cert === undefined || key === undefined) throw new UsageError('--tls-cert and --tls-key go together')
  return { cert, key }
}

/** Events are results and go to stdout; what an operator should know goes to stderr. */
function sinkOf(log: string): Sink {
  if (log !== 'json' && log !== 'none') throw new UsageError('--log and LATCHKEY_LOG take json or none')
  return {
    write(event) {
      if (event.type === 'notice') (event.level === 'error' ? complain : warn)(event.message)
      else if (log === 'json') process.stdout.write(`${JSON.stringify(event)}\n`)
    },
  }
}

type State = 'enforcing' | 'open' | 'faulty'

function announce({ url, gate, grpc }: Omit<Started, 'origin'>, flags: Given, state: State, origin: string): void {
  const { credentials, routes } = gate.latchkey.settings
  const names = credentials.map((credential) => credential.name)
  if (flags.is('json')) {
    say(JSON.stringify({ version: VERSION, url, grpc, origin, credentials: names, routes: routes.length, state }))
    return
  }
  say(
    `${paint('bold', `latchkey ${VERSION}`)} on ${url}, ${grpc === undefined ? '' : `gRPC for Envoy on ${grpc}, `}origin ${origin}, credentials ${names.join(', ') || 'none'}, ` +
      `${routes.length} ${routes.length === 1 ? 'route' : 'routes'}, ${paint(state === 'enforcing' ? 'green' : 'red', state)}`,
  )
}

function introduce(generated: string, url: string): void {
  say(`a token for this run, printed only here (set ${EMBEDDED_TOKEN} to use your own):`)
  say(`  TOKEN=${generated}`)
  say(`  curl -H "Authorization: Bearer $TOKEN" ${url}/hello`)
}

function introduceKey(token: string, url: string): void {
  say('the first key of this store, printed only here; it makes all others:')
  say(`  export LATCHKEY_KEY=${token}`)
  say(`  npx latchkey keys create --url ${url} --name app --type full-access`)
}

function remindThatItIsOpen(): void {
  const remind = () => warn('LATCHKEY_AUTH=disabled: the gate is open to everybody')
  remind()
  setInterval(remind, REMINDER_MILLISECONDS).unref()
}

function warnOfOpenBind(running: Running, flags: Given): void {
  const host = new URL(running.url).hostname.replace(/^\[|\]$/g, '')
  if (isLoopback(host) || flags.text('tls-cert') !== undefined || running.gate.latchkey.settings.document.proxies)
    return
  warn(
    `${host} is reachable from other machines, and tokens would cross the network in the clear: use --tls-cert or "proxies"`,
  )
}

function stopOnSignal(running: Running): void {
  let isStopping = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      say(`${signal}: finishing requests in flight, at most ${GRACE_SECONDS} s`)
      void running.close().then(() => process.exit(0))
    })
  }
}
