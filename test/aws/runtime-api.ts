import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyOf } from '../stores/server.ts'

/**
 * What Lambda makes of a call: the answer as JSON text, or the error as its runtime has told it. An authorizer's gateway reads
 * `errorMessage` of it and nothing else.
 */
export type Invoked =
  | { readonly answer: string }
  | {
      readonly error: { readonly errorMessage: string; readonly errorType: string; readonly trace?: readonly string[] }
    }

/** A function in a process of its own, as Lambda runs it: one process, one event after the other. */
export interface RuntimeProcess {
  /** What `/runtime/init/error` was told, where the module could not be loaded. */
  readonly initError: Promise<unknown>
  invoke(event: unknown): Promise<Invoked>
  /** What it has written so far: what CloudWatch would keep. */
  output(): string
  stop(): Promise<void>
}

const VERSION = '/2018-06-01/runtime'
const OUTCOME = new RegExp(`^${VERSION}/invocation/([^/]+)/(response|error)$`)

/**
 * Starts a runtime client, given as command and arguments, against a Runtime API of this process.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function runtimeProcess(
  [command, ...args]: readonly [string, ...string[]],
  environment: Readonly<Record<string, string>>,
): Promise<RuntimeProcess> {
  const events: { readonly id: string; readonly body: string }[] = []
  const waiting: ServerResponse[] = []
  const invoked = new Map<string, (outcome: Invoked) => void>()
  let output = ''
  let hasEnded = false
  let tellInitError: (told: unknown) => void
  const initError = new Promise<unknown>((resolve) => (tellInitError = resolve))

  const server = createServer((request, response) => {
    void handle(request, response)
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request
    const body = await bodyOf(request)
    const [, id = '', kind] = OUTCOME.exec(url) ?? []
    if (method === 'GET' && url === `${VERSION}/invocation/next`) {
      waiting.push(response)
      return deliver()
    }
    if (method === 'POST' && kind !== undefined && invoked.has(id)) {
      invoked.get(id)?.(kind === 'response' ? { answer: body } : { error: JSON.parse(body) })
      invoked.delete(id)
    } else if (method === 'POST' && url === `${VERSION}/init/error`) {
      tellInitError(JSON.parse(body))
    } else {
      return void response.writeHead(404).end()
    }
    response.writeHead(202, { 'content-type': 'application/json' }).end('{"status":"OK"}')
  }

  function deliver(): void {
    while (waiting.length > 0 && events.length > 0) {
      const { id, body } = events.shift() as (typeof events)[number]
      const headers = {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': id,
        // An authorizer is given 10 seconds.
        'lambda-runtime-deadline-ms': String(Date.now() + 10_000),
        'lambda-runtime-invoked-function-arn': 'arn:aws:lambda:eu-central-1:123456789012:function:authorizer',
        'lambda-runtime-trace-id': 'Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0',
      }
      waiting.shift()?.writeHead(200, headers).end(body)
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const child = spawn(command, args, {
    env: { PATH: process.env['PATH'], AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`, ...DEFINED, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  void ended.then(() => {
    hasEnded = true
    for (const settle of invoked.values()) settle(exitError())
  })

  /** A process that is gone answers nobody. */
  function exitError(): Invoked {
    return { error: { errorMessage: `the runtime has ended:\n${output}`, errorType: 'Runtime.ExitError' } }
  }

  return {
    initError,
    invoke(event) {
      if (hasEnded) return Promise.resolve(exitError())
      const id = randomUUID()
      events.push({ id, body: JSON.stringify(event) })
      deliver()
      return new Promise((resolve) => invoked.set(id, resolve))
    },
    output: () => output,
    async stop() {
      child.kill('SIGKILL')
      await ended
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
    },
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html: what Lambda itself puts into an environment. */
const DEFINED = {
  AWS_REGION: 'eu-central-1',
  AWS_LAMBDA_FUNCTION_NAME: 'authorizer',
  AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '256',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/authorizer',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]0123456789abcdef',
}
