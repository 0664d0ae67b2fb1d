import { execFile } from 'node:child_process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { PATH } from './document.ts'
import type { Sample } from './statistics.ts'

const run = promisify(execFile)
const COLD_START = fileURLToPath(new URL('lambda/cold-start.mjs', import.meta.url))

/** A request of an HTTP API, as an authorizer and as a proxied function get it. */
export function eventOf(token: string, headers: Readonly<Record<string, string>> = {}): object {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/GET/api/articles',
    rawPath: PATH,
    rawQueryString: '',
    headers: { host: 'api.example', authorization: `Bearer ${token}`, ...headers, accept: '*/*' },
    requestContext: {
      domainName: 'api.example',
      stage: '$default',
      http: { method: 'GET', path: PATH, sourceIp: '192.0.2.1', protocol: 'HTTP/1.1' },
    },
    isBase64Encoded: false,
  }
}

/** A request of a REST API, as a REQUEST authorizer gets it. */
export function restEventOf(token: string, method = 'GET', path: string = PATH): object {
  return {
    type: 'REQUEST',
    methodArn: `arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/${method}${path}`,
    httpMethod: method,
    path,
    headers: { Host: 'api.example', Authorization: `Bearer ${token}`, Accept: '*/*' },
    multiValueHeaders: { Host: ['api.example'], Authorization: [`Bearer ${token}`], Accept: ['*/*'] },
    queryStringParameters: null,
    multiValueQueryStringParameters: null,
    requestContext: {
      apiId: 'abcdef1234',
      domainName: 'api.example',
      stage: 'prod',
      identity: { sourceIp: '192.0.2.1' },
    },
  }
}

/** What a bundle takes in a fresh process: its first decision with its import, and one of those after it. */
export interface Start extends Sample {
  readonly warm: Sample
}

/** Starts a bundle in a fresh process and asks it; throws where it refuses. */
export async function coldStart(
  bundle: string,
  event: object,
  variables: Readonly<Record<string, string>>,
): Promise<Start> {
  const args = [COLD_START, pathToFileURL(bundle).href, JSON.stringify(event)]
  const { stdout } = await run(process.execPath, args, { env: { PATH: process.env['PATH'], ...variables } })
  const { answer, ...start } = JSON.parse(stdout) as Start & { answer: Answer }
  if (answer.isAuthorized !== true && answer.statusCode !== 200) throw new Error(`${bundle} refused: ${stdout}`)
  return start
}

/** An authorizer's answer, or a proxied function's. */
export interface Answer {
  readonly isAuthorized?: boolean
  readonly statusCode?: number
  readonly policyDocument?: { readonly Statement: readonly { readonly Effect: string }[] }
}
