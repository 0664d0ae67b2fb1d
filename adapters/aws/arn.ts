/** What an execute-api ARN tells of a request: `arn:aws:execute-api:region:account:api/stage/METHOD/path`. */
export interface RequestArn {
  /** All of it before the method. */
  readonly prefix: string
  readonly api: string
  readonly stage: string
  readonly method: string
  /** Without stage and base path, beginning with `/`. Nobody documents whether it is decoded. */
  readonly path: string
}

const ARN = /^(arn:[^/]+:execute-api:[^/]+:([^/:]+)\/([^/]+)\/)([^/]+)(\/.*)?$/s

/** Takes an ARN apart; undefined where it names no method of an API's stage. */
export function parseArn(arn: string): RequestArn | undefined {
  const [, prefix, api, stage, method, path = '/'] = ARN.exec(arn) ?? []
  return method === undefined ? undefined : ({ prefix, api, stage, method, path } as RequestArn)
}

/**
 * Whether IAM reads an ARN as one resource and nothing else: `*` and `?` are wildcards there, `$` may begin a variable.
 * The stage `$default` of HTTP APIs and the route `$connect` of WebSocket APIs are the exceptions.
 */
export function isExact(arn: string): boolean {
  return /^[^*?$/]*(?:\/(?:\$default(?=\/)|[^*?$/]*)(?:\/(?:\$connect|[^*?$]*))?)?$/.test(arn)
}

/** Spelt alike by everybody, whether it was decoded or not. */
const PLAIN = /^[A-Za-z0-9\-._~]*$/

/**
 * Whether an ARN is about another request than the one that was read out of the same event: a prefix that nobody
 * configured was not taken away, or one was that belongs to the path. Of two segments only what is spelt alike
 * everywhere can tell; their number tells too, but for the templates of emulators and where a slash may be decoded.
 */
export function contradicts(arn: Pick<RequestArn, 'method' | 'path'>, method: string, path: string): boolean {
  // The default route of an HTTP API.
  if (arn.method === '$default') return false
  if (arn.path === path) return arn.method !== method
  const [one, other] = [arn.path, path].map((each) => each.replace(/\/$/, '').split('/')) as [string[], string[]]
  const isCounted = !/\{|%2f/i.test(arn.path + path)
  return arn.method !== method || (isCounted && one.length !== other.length) || one.some(isOther)

  function isOther(segment: string, place: number): boolean {
    const beside = other[place]
    return beside !== undefined && PLAIN.test(segment) && PLAIN.test(beside) && segment !== beside
  }
}
