import type { IncomingMessage } from 'node:http'
import aws4 from 'aws4'
import { nodeHttp } from './node-http.ts'

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
  /** The most connections at a time; other calls wait for one. Default: as many as there are calls. */
  readonly connections?: number
}

export interface AwsAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
  /** The name of the exception that AWS answered with. */
  readonly exception?: string
  /** The call was made again; the first one may have been done too. */
  readonly isRepeated: boolean
}

export type AwsCall = (operation: string, input: unknown) => Promise<AwsAnswer>

/** So often is a call made again that was lost. */
const MOST_REPETITIONS = 2
/** A timer is at most this late in a process that runs. */
const SLACK_MILLISECONDS = 500

/**
 * Calls one of AWS's services that speak its JSON protocol, over connections that are kept: some tenths of a millisecond
 * of our own a call, and at most a third of an SDK's cold start. Rejects with a `TimeoutError` where no whole answer comes
 * in time. What is lost with a connection that was kept, or while the process was frozen, as a Lambda function is between
 * its calls, is asked again.
 */
export function awsCaller(options: AwsCallOptions): AwsCall {
  const { service, region, target, jsonVersion, credentials, patienceMilliseconds } = options
  const { connections = Number.POSITIVE_INFINITY } = options
  const url = new URL(
    options.endpoint ?? `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
  )
  const { Agent, request: begin } = nodeHttp(url.protocol)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })

  async function signed(operation: string, body: string) {
    const headers = {
      'X-Amz-Target': `${target}.${operation}`,
      'Content-Type': `application/x-amz-json-${jsonVersion}`,
    }
    const request = { service, region, method: 'POST', host: url.host, path: '/', headers, body }
    // As a list: Node takes a third of its own time to check an object's fields one by one.
    return Object.entries(aws4.sign(request, await credentials()).headers)
      .flat()
      .map(String)
  }

  async function once(operation: string, body: string, isRepeated: boolean): Promise<AwsAnswer> {
    const headers = await signed(operation, body)
    const begunAt = Date.now()
    return new Promise((resolve, reject) => {
      const { hostname, port } = url
      // Where one connection was lost, others that were kept may be too.
      const request = begin({ hostname, port, path: '/', method: 'POST', headers, agent: isRepeated ? false : agent })
      const timer = setTimeout(() => {
        fail(new DOMException('no answer', 'TimeoutError'))
        request.destroy()
      }, patienceMilliseconds)
      const fail = (error: Error) => {
        clearTimeout(timer)
        const wasFrozen = Date.now() - begunAt > patienceMilliseconds + SLACK_MILLISECONDS
        reject(wasFrozen || (request.reusedSocket && isClosed(error)) ? new Lost(error) : error)
      }
      request.on('error', fail)
      request.on('response', (response) => {
        // By its events: to iterate over it takes as long as to sign the request.
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          clearTimeout(timer)
          try {
            resolve({ ...answerOf(response, Buffer.concat(chunks).toString()), isRepeated })
          } catch (error) {
            reject(error)
          }
        })
      })
      request.end(body)
    })
  }

  return async (operation, input) => {
    const body = JSON.stringify(input)
    for (let repetition = 0; ; repetition++) {
      try {
        return await once(operation, body, repetition > 0)
      } catch (error) {
        if (!(error instanceof Lost)) throw error
        if (repetition === MOST_REPETITIONS) throw error.loss
      }
    }
  }
}

/** What was sent has met nobody, or its answer has. */
class Lost extends Error {
  readonly loss: Error

  constructor(loss: Error) {
    super('lost')
    this.loss = loss
  }
}

/** The other side had closed a connection that was kept, which shows only when it is used again. */
function isClosed(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
}

/** Throws where the text is no JSON. */
function answerOf({ statusCode }: IncomingMessage, text: string): Omit<AwsAnswer, 'isRepeated'> {
  const body = JSON.parse(text || '{}') as Record<string, unknown>
  const { __type: type } = body
  const status = statusCode as number
  return { status, body, ...(typeof type === 'string' && { exception: type.slice(type.indexOf('#') + 1) }) }
}
