import type { IncomingMessage } from 'node:http'
import { Agent as HttpAgent, request as overHttp } from 'node:http'
import { Agent as HttpsAgent, request as overHttps } from 'node:https'
import aws4 from 'aws4'

/** Who calls AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsCallOptions {
  /** As in the host name of its endpoint: `dynamodb`. */
  readonly service: string
  readonly region: string
  /** Where the service is; default its public endpoint in the region. */
  readonly endpoint?: string | undefined
  /** What stands before the operation in `X-Amz-Target`, and the version of its JSON protocol. */
  readonly target: string
  readonly jsonVersion: '1.0' | '1.1'
  /** Asked before each call: what a role gives changes while the process runs. */
  readonly credentials: () => AwsCredentials | Promise<AwsCredentials>
  readonly patienceMilliseconds: number
}

export interface AwsAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** The name of the exception that AWS answered with. */
  readonly exception?: string
  /** The call was made a second time; the first one may have been done too. */
  readonly isRepeated: boolean
}

export type AwsCall = (operation: string, input: unknown) => Promise<AwsAnswer>

/**
 * Calls one of AWS's services that speak its JSON protocol, over connections that are kept: some tenths of a millisecond
 * of our own a call, and at most a third of an SDK's cold start. Rejects with a `TimeoutError` where no whole answer comes in time.
 */
export function awsCaller(options: AwsCallOptions): AwsCall {
  const { service, region, target, jsonVersion, credentials, patienceMilliseconds } = options
  const url = new URL(
    options.endpoint ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
  )
  const isHttps = url.protocol === 'https:'
  const agent = isHttps ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const begin = isHttps ? overHttps : overHttp

  async function signed(operation: string, body: string) {
    const headers = {
      'X-Amz-Target': `${target}.${operation}`,
      'Content-Type': `application/x-amz-json-${jsonVersion}`,
    }
    const request = { service, region, method: 'POST', host: url.host, path: '/', headers, body }
    return aws4.sign(request, await credentials()).headers
  }

  async function once(operation: string, body: string): Promise<Omit<AwsAnswer, 'isRepeated'>> {
    const headers = await signed(operation, body)
    return new Promise((resolve, reject) => {
      const { hostname, port } = url
      const request = begin({ hostname, port, path: '/', method: 'POST', headers, agent })
      const late = () => request.destroy(new DOMException('no answer', 'TimeoutError'))
      const timer = setTimeout(late, patienceMilliseconds)
      const fail = (error: Error) => {
        clearTimeout(timer)
        reject(request.reusedSocket && 'code' in error && error.code === 'ECONNRESET' ? new Stale() : error)
      }
      request.on('error', fail)
      request.on('response', (response) => {
        answerOf(response)
          .then(resolve, fail)
          .finally(() => clearTimeout(timer))
      })
      request.end(body)
    })
  }

  return async (operation, input) => {
    const body = JSON.stringify(input)
    try {
      return { ...(await once(operation, body)), isRepeated: false }
    } catch (error) {
      if (!(error instanceof Stale)) throw error
      return { ...(await once(operation, body)), isRepeated: true }
    }
  }
}

/** The other side had closed a connection that was kept, which shows only when it is used again. */
class Stale extends Error {}

async function answerOf(response: IncomingMessage): Promise<Omit<AwsAnswer, 'isRepeated'>> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const body = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>
  const status = response.statusCode as number
  const { __type: type } = body
  return { status, body, ...(typeof type === 'string' && { exception: type.slice(type.indexOf('#') + 1) }) }
}
