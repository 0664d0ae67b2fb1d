import type { Answer } from '../send.ts'
import { send } from '../send.ts'

/** A request that is sent to Strapi and through the gate alike. */
export interface Asked {
  /** Whose it is, in words. */
  readonly says: string
  readonly method: string
  /** `{article}` stands for an article that is there, `{missing}` for one that is not. */
  readonly path: string
  /** Values of Authorization, in order; `{name}` stands for a token, `{name:upper}` for it in capitals. */
  readonly authorization: readonly string[]
  readonly body?: unknown
}

/** What was answered, without what differs from run to run: ids, times, and the list of tokens. */
export interface Got {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Tokens in plain text, by the names of their keys. */
export type Tokens = Readonly<Record<string, string>>

/** Sends one request, as it is written. */
export async function ask(url: string, asked: Asked, article: string, tokens: Tokens): Promise<Got> {
  const { method, path, authorization, body } = asked
  const headers = authorization.map((value) => ['Authorization', withToken(value, tokens)] as const)
  const answer = await send(url + path.replace('{article}', article).replace('{missing}', 'b'.repeat(24)), {
    method,
    headers: body === undefined ? headers : [...headers, ['Content-Type', 'application/json']],
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return gotOf(answer)
}

/** Whether a request may have changed the articles. */
export function mayChange({ method }: Asked): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function withToken(value: string, tokens: Tokens): string {
  return value.replace(/\{(\w+)(:upper)?\}/, (_, name: string, upper?: string) => {
    const token = tokens[name]
    if (token === undefined) throw new Error(`no token is named ${name}`)
    return upper ? token.toUpperCase() : token
  })
}

function gotOf({ status, headers, body }: Answer): Got {
  const plain = body
    .replace(/"id":\d+/g, '"id":"<id>"')
    .replace(/"documentId":"[a-z0-9]{24}"/g, '"documentId":"<id>"')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
    .replace(/^\{"data":\[\{"id":"<id>","kind":.*$/s, '{"data":"<tokens>"}')
    .trimEnd()
  return { status, contentType: String(headers['content-type'] ?? ''), body: plain }
}
