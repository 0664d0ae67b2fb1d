import type { Answer } from '../../examples/send.ts'
import { send } from '../../examples/send.ts'
import type { Asked } from './requests.ts'
import type { Strapi } from './strapi.ts'
import type { Tokens } from './tokens.ts'

/** What was answered, without what differs from run to run: ids and times stand as `<id>` and `<time>`. */
export interface Got {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Sends every request to one place, on articles that are the same each time. */
export async function askAll(url: string, requests: readonly Asked[], strapi: Strapi, tokens: Tokens): Promise<Got[]> {
  const got: Got[] = []
  let article: string | undefined
  for (const asked of requests) {
    article ??= await freshArticles(strapi, tokens)
    got.push(await ask(url, asked, article, tokens))
    if (asked.method !== 'GET' && asked.method !== 'HEAD') article = undefined
  }
  return got
}

async function ask(url: string, { method, path, authorization, body }: Asked, article: string, tokens: Tokens) {
  const headers = authorization.map((value) => ['Authorization', withToken(value, tokens)] as const)
  const answer = await send(url + path.replace('{article}', article).replace('{missing}', 'a'.repeat(24)), {
    method,
    headers: body === undefined ? headers : [...headers, ['Content-Type', 'application/json']],
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return gotOf(answer)
}

export function withToken(value: string, tokens: Tokens): string {
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
    .replace(/"lastUsedAt":(?:null|"<time>")/g, '"lastUsedAt":"<time>"')
    .trimEnd()
  return { status, contentType: String(headers['content-type'] ?? ''), body: plain }
}

/** Two articles and no other; gives the id of the first. */
async function freshArticles({ url }: Strapi, tokens: Tokens): Promise<string> {
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${tokens['backend']}`, 'Content-Type': 'application/json' }
    const response = await fetch(url + path, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`)
    return response.status === 204 ? undefined : ((await response.json()) as { data: unknown }).data
  }
  for (const { documentId } of (await call('GET', '/api/articles')) as { documentId: string }[]) {
    await call('DELETE', `/api/articles/${documentId}`)
  }
  const first = (await call('POST', '/api/articles', { data: { title: 'one' } })) as { documentId: string }
  await call('POST', '/api/articles', { data: { title: 'two' } })
  return first.documentId
}
