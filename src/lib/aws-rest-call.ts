import type { IncomingMessage } from 'node:http'
import aws4 from 'aws4'
import type { AwsEnvironment } from './aws-environment.ts'
import { nodeHttp } from './node-http.ts'

export interface AwsRestAnswer {
  readonly status: number
  /** The name of the exception that AWS answered with. */
  readonly exception?: string
}

/** Every service of an operator answers in this time, or not at all. */
const PATIENCE_MILLISECONDS = 10_000

/**
 * Makes one call without a body to a service of AWS that speaks REST. `path` is as it is sent, escapes included. Rejects
 * with a `TimeoutError` where no answer comes in 10 s.
 */
export async function awsRestCall(
  service: string,
  { region, endpoint, credentials }: AwsEnvironment,
  { method, path }: { readonly method: string; readonly path: string },
): Promise<AwsRestAnswer> {
  const url = new URL(endpoint ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`)
  const { host, hostname, port, protocol } = url
  const signed = aws4.sign({ service, region, method, host, path, headers: {}, body: '' }, credentials())
  return new Promise((resolve, reject) => {
    const { request: begin } = nodeHttp(protocol)
    const request = begin({ hostname, port, path, method, headers: signed.headers, agent: false })
    const timer = setTimeout(
      () => request.destroy(new DOMException('no answer', 'TimeoutError')),
      PATIENCE_MILLISECONDS,
    )
    request.on('error', reject)
    request.on('close', () => clearTimeout(timer))
    request.on('response', (response) => answerOf(response).then(resolve, reject))
    request.end()
  })
}

/** What is wrong stands in a field, behind which older services tell where it is described. */
async function answerOf(response: IncomingMessage): Promise<AwsRestAnswer> {
  for await (const _ of response);
  const [exception] = /^[A-Za-z]+/.exec(String(response.headers['x-amzn-errortype'] ?? '')) ?? []
  return { status: response.statusCode as number, ...(exception !== undefined && { exception }) }
}
