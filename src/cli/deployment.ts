import { TOKEN } from '../lib/header-name.ts'
import { isLoopbackHost } from '../lib/host.ts'
import { nameOfError } from '../model/store-error.ts'
import { Failure } from './failure.ts'
import type { Flags } from './usage.ts'
import { UsageError } from './usage.ts'

/** The flags by which a command finds a deployment. */
export const DEPLOYMENT_FLAGS: Flags = {
  url: {
    type: 'string',
    valueHint: 'URL',
    description: 'a deployment, as https://api.example; with the path of its base where that is not /_latchkey',
  },
  'key-header': {
    type: 'string',
    valueHint: 'NAME',
    description: 'the header that the deployment reads keys from; default Authorization: Bearer',
  },
}

/** What a deployment answered. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** Undefined where there is none. */
  readonly body: unknown
}

/** What is asked beside method and path. */
export interface Asked {
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly body?: unknown
  /** The version that must still be there. */
  readonly ifMatch?: string | undefined
}

/** Latchkey's own endpoints of a deployment; paths are below its base. Throws `Failure` where it gives no answer. */
export type Deployment = (method: string, path: string, asked?: Asked) => Promise<Answer>

const DEFAULT_BASE = '/_latchkey'
const PATIENCE_MILLISECONDS = 30_000

/** Calls a deployment with a token, which is sent nowhere else: redirects are not followed. */
export function deployment(url: string, token: string, keyHeader: string | undefined): Deployment {
  const base = baseOf(url)
  if (keyHeader !== undefined && !TOKEN.test(keyHeader)) throw new UsageError('--key-header takes the name of a header')
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Failure('the token has a character that no token has')
  const credential = keyHeader === undefined ? { Authorization: `Bearer ${token}` } : { [keyHeader]: token }
  return async (method, path, { query = {}, body, ifMatch } = {}) => {
    const target = new URL(`${base}/${path}`)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) target.searchParams.set(name, value)
    const headers = {
      Accept: 'application/json',
      ...credential,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
    }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await answered(target, init)
    return { status: response.status, headers: response.headers, body: await contentOf(response) }
  }
}

/** Where the endpoints are. A token goes in the clear to nobody but this machine. */
function baseOf(text: string): string {
  const url = URL.parse(text)
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.host))
  if (!url || !isSafe || url.username || url.password || url.search || url.hash) {
    throw new UsageError('--url takes an https URL such as https://api.example; http on this machine only')
  }
  const path = url.pathname.replace(/\/+$/, '')
  return url.origin + (path === '' ? DEFAULT_BASE : path)
}

async function answered(target: URL, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(target, { ...init, redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) })
  } catch (error) {
    throw new Failure(`${target.origin} gives no answer: ${nameOfError(error)}`)
  }
  if (response.status >= 300 && response.status < 400) {
    throw new Failure(`${target.origin} sends elsewhere (${response.status}): name the deployment's own URL`)
  }
  return response
}

async function contentOf(response: Response): Promise<unknown> {
  const text = await response.text().catch(() => '')
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
