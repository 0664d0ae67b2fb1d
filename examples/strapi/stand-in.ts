import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Rows of Strapi's tables, as its database has them. */
export interface Rows {
  readonly strapi_api_tokens: readonly TokenRow[]
  readonly strapi_api_token_permissions: readonly { readonly id: number; readonly action: string }[]
  readonly strapi_api_token_permissions_token_lnk: readonly {
    readonly api_token_permission_id: number
    readonly api_token_id: number
  }[]
}

interface TokenRow {
  readonly id: number
  readonly name: string
  readonly kind: string | null
  readonly type: string
  readonly access_key: string
  /** Milliseconds. */
  readonly expires_at: number | null
}

export interface StandIn {
  readonly url: string
  /** The values of Authorization that arrived, joined where there were several. */
  readonly arrived: string[]
  /** Back to two articles; gives the id of the first. */
  reset(): string
  /** Strapi forgets a token, as it does when it is regenerated. */
  forget(name: string): void
  close(): void
}

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body?: string
}

interface Article {
  readonly id: number
  readonly documentId: string
  title: string
}

const JSON_TYPE = 'application/json; charset=utf-8'
const TIME = '2026-01-01T00:00:00.000Z'
const TITLE_MISSING = {
  status: 400,
  name: 'ValidationError',
  message: 'title must be defined.',
  details: { errors: [{ path: ['title'], message: 'title must be defined.', name: 'ValidationError' }] },
}

/**
 * Stands in for Strapi 5, which is too large for everybody's install: one collection, its tokens read from rows, and the
 * answers that a real one was measured to give. `ownTokens` are further full-access tokens.
 */
export async function standIn(rows: Rows, salt: string, ...ownTokens: string[]): Promise<StandIn> {
  const hashOf = (token: string) => createHmac('sha512', salt).update(token).digest('hex')
  const tokens = new Map(rows.strapi_api_tokens.map((row) => [row.access_key, row]))
  const own = new Set(ownTokens.map(hashOf))
  const arrived: string[] = []
  let articles: Article[] = []

  function add(title: string): Article {
    const id = articles.length + 1
    const article = { id, documentId: String(id).padStart(24, 'a'), title }
    articles.push(article)
    return article
  }

  function actionsOf({ id }: TokenRow): string[] {
    const links = rows.strapi_api_token_permissions_token_lnk.filter((link) => link.api_token_id === id)
    const granted = new Set(links.map((link) => link.api_token_permission_id))
    return rows.strapi_api_token_permissions.filter((row) => granted.has(row.id)).map(({ action }) => action)
  }

  /** Whether the caller may do it: true, or the refusal. Strapi asks this only once it has found a route. */
  function judge(authorization: string | undefined, kind: string, action: string): true | Answer {
    const [scheme, token, ...more] = (authorization ?? '').split(/\s+/)
    const isShown = scheme?.toLowerCase() === 'bearer' && token !== undefined && more.length === 0
    if (!isShown && kind === 'content-api') return refusal(403, 'ForbiddenError', 'Forbidden')
    const unknown = refusal(401, 'UnauthorizedError', 'Missing or invalid credentials')
    if (!isShown) return unknown
    const hash = hashOf(token)
    if (own.has(hash) && kind === 'content-api') return true
    const row = tokens.get(hash)
    if (!row || (row.kind ?? 'content-api') !== kind) return unknown
    if (row.expires_at !== null && row.expires_at < Date.now()) {
      return refusal(401, 'UnauthorizedError', 'Token expired')
    }
    if (kind === 'admin' || row.type === 'full-access') return true
    // No boundary: `refind` ends with `find`.
    const mayRead = row.type === 'read-only' && /(?:find|findOne)$/.test(action)
    const mayDo = row.type === 'custom' && actionsOf(row).includes(action)
    return mayRead || mayDo || refusal(403, 'ForbiddenError', 'Forbidden')
  }

  function answer(request: IncomingMessage, body: string): Answer {
    const { method = '', headers } = request
    // The router takes any letter case and one slash more.
    const path = (request.url ?? '').toLowerCase().replace(/\/$/, '')
    const [, api, collection, id] = path.split('/')
    const may = (action: string) => judge(headers.authorization, 'content-api', `api::article.article.${action}`)
    if (path === '/graphql' && method === 'POST') return graphql(JSON.parse(body).query, may, add, articles)
    if (path === '/admin/api-tokens') {
      const allowed = judge(headers.authorization, 'admin', '')
      return allowed === true
        ? content(200, { data: rows.strapi_api_tokens.map(({ id, kind, name }) => ({ id, kind, name })) })
        : allowed
    }
    if (api !== 'api' || collection !== 'articles') return refusal(404, 'NotFoundError', 'Not Found')

    const action = actionOf(method, id)
    if (action === undefined) return { status: 405, type: 'text/plain; charset=utf-8', body: 'Method Not Allowed' }
    const allowed = may(action)
    if (allowed !== true) return allowed
    const article = articles.find(({ documentId }) => documentId === id)
    const title = body === '' ? undefined : JSON.parse(body).data.title
    switch (action) {
      case 'find': {
        const pagination = { page: 1, pageSize: 25, pageCount: 1, total: articles.length }
        return content(200, { data: articles.map(shown), meta: { pagination } })
      }
      case 'create':
        if (title === undefined) return content(400, { data: null, error: TITLE_MISSING })
        return content(201, { data: shown(add(title)), meta: {} })
      case 'refind':
        return content(200, { data: { ...shown(add('found again')), locale: null } })
      case 'delete':
        articles = articles.filter((each) => each !== article)
        return { status: 204 }
      default:
        if (!article) return refusal(404, 'NotFoundError', 'Not Found')
        if (action === 'update') article.title = title
        return content(200, { data: shown(article), meta: {} })
    }
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    arrived.push(request.headersDistinct['authorization']?.join(', ') ?? '')
    const { status, type, body } = answer(request, Buffer.concat(chunks).toString('utf8'))
    const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }
    response.writeHead(status, { ...(type !== undefined && { 'Content-Type': type }), ...length })
    response.end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    reset() {
      articles = []
      add('one')
      add('two')
      return (articles[0] as Article).documentId
    },
    forget(name) {
      for (const row of rows.strapi_api_tokens) if (row.name === name) tokens.delete(row.access_key)
    },
    close: () => server.close(),
  }
}

function actionOf(method: string, id: string | undefined): string | undefined {
  if (id === 'refind' && method === 'POST') return 'refind'
  const actions =
    id === undefined ? { GET: 'find', POST: 'create' } : { GET: 'findOne', PUT: 'update', DELETE: 'delete' }
  return (actions as Record<string, string>)[method === 'HEAD' ? 'GET' : method]
}

/** One POST for everything. What the token may not do is an error inside a 200. */
function graphql(
  query: string,
  may: (action: string) => true | Answer,
  add: (title: string) => Article,
  articles: readonly Article[],
): Answer {
  const isMutation = query.startsWith('mutation')
  const allowed = may(isMutation ? 'create' : 'find')
  if (allowed !== true && allowed.status === 401) return allowed
  const name = isMutation ? 'createArticle' : 'articles'
  if (allowed === true) {
    const found = isMutation ? { title: add('sent').title } : articles.map(({ title }) => ({ title }))
    return content(200, { data: { [name]: found } })
  }
  const error = { name: 'ForbiddenError', message: 'Forbidden access', details: {} }
  const errors = [{ message: 'Forbidden access', path: [name], extensions: { code: 'FORBIDDEN', error } }]
  return content(200, { errors, data: isMutation ? { createArticle: null } : null })
}

function shown({ id, documentId, title }: Article): object {
  return { id, documentId, title, createdAt: TIME, updatedAt: TIME, publishedAt: TIME }
}

function refusal(status: number, name: string, message: string): Answer {
  return content(status, { data: null, error: { status, name, message, details: {} } })
}

function content(status: number, body: object): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(body) }
}
