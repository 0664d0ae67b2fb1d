import type { Asked, Got, Tokens } from '../../examples/strapi/ask.ts'
import { ask, mayChange } from '../../examples/strapi/ask.ts'
import type { Strapi } from './strapi.ts'

/** Sends every request to one place, each to articles that are the same. */
export async function askAll(url: string, requests: readonly Asked[], strapi: Strapi, tokens: Tokens): Promise<Got[]> {
  const got: Got[] = []
  let article: string | undefined
  for (const asked of requests) {
    article ??= await freshArticles(strapi, tokens)
    got.push(await ask(url, asked, article, tokens))
    if (mayChange(asked)) article = undefined
  }
  return got
}

/** Two articles and no other; gives the id of the first. */
async function freshArticles({ url }: Strapi, tokens: Tokens): Promise<string> {
  const call = async (method: string, path: string, body?: unknown) => {
    const headers = { Authorization: `Bearer ${tokens['backend']}`, 'Content-Type': 'application/json' }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(url + path, init)
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
