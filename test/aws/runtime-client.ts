import { request } from 'node:http'

/**
 * A Lambda runtime by hand, no longer than it must be: `node runtime-client.ts MODULE NAME` loads the handler, then asks for
 * one event after the other, and tells what was answered or thrown as AWS's own runtime does.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
 */
const [module = '', name = ''] = process.argv.slice(2)
const [host, port] = (process.env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':')

interface Told {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

function call(method: string, path: string, told?: unknown): Promise<Told> {
  return new Promise((resolve, reject) => {
    const options = { host, port, method, path: `/2018-06-01/runtime/${path}` }
    const outgoing = request(options, async (incoming) => {
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      resolve({ headers: incoming.headers, body: Buffer.concat(chunks).toString() })
    })
    outgoing.on('error', reject)
    outgoing.end(told === undefined ? undefined : JSON.stringify(told))
  })
}

/** As Node's runtime tells an error: its name, its message, and where it came from. */
function toldOf(thrown: unknown): object {
  const { name: errorType = 'Error', message, stack = '' } = thrown as Error
  return { errorType, errorMessage: message ?? String(thrown), trace: stack.split('\n') }
}

async function load(): Promise<(event: unknown, context: unknown) => Promise<unknown>> {
  try {
    return ((await import(module)) as Record<string, never>)[name] as never
  } catch (error) {
    await call('POST', 'init/error', toldOf(error))
    process.exit(1)
  }
}

const handler = await load()
for (;;) {
  const { headers, body } = await call('GET', 'invocation/next')
  const id = String(headers['lambda-runtime-aws-request-id'])
  try {
    const answer = await handler(JSON.parse(body), { awsRequestId: id })
    await call('POST', `invocation/${id}/response`, answer ?? null)
  } catch (error) {
    await call('POST', `invocation/${id}/error`, toldOf(error))
  }
}
