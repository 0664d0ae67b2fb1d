import type { ImportView, IssuedView, KeyView, UsageView } from '../../http/keys/replies.ts'
import type { ImportedKey, KeyChange, KeyQuery, NewKey } from '../../keys/asked.ts'
import type { KeyDraft } from '../../keys/draft.ts'
import type { LogItem } from '../../keys/log.ts'
import type { Answer, Asked, Deployment } from '../deployment.ts'
import { Failure } from '../failure.ts'
import { failureOfAnswer } from '../refusal.ts'
import type { EndingKey, IssuedKey, KeyService, Page } from './service.ts'
import { pagesOf } from './service.ts'

/** Keys behind a deployment, by its keys API (docs/keys-api.md). It judges the key that asks, as it does any other. */
export function remoteKeys(ask: Deployment): KeyService {
  async function asked(method: string, path: string, more?: Asked): Promise<Answer> {
    const answer = await ask(method, path, more)
    if (answer.status >= 200 && answer.status < 300) return answer
    throw failureOfAnswer(answer)
  }

  async function found(id: string): Promise<Answer | undefined> {
    const answer = await ask('GET', pathOf(id))
    if (answer.status === 404 && isProblem(answer)) return undefined
    if (answer.status !== 200) throw failureOfAnswer(answer)
    return answer
  }

  /** Changes the version that is there now: of two who change a key at once the second is told. */
  async function change(method: string, id: string, path: string, body?: unknown): Promise<Answer> {
    const ifMatch = (await found(id))?.headers.get('ETag') ?? undefined
    return asked(method, path, { body, ifMatch })
  }

  async function changed(id: string, action: string, body: unknown = {}): Promise<KeyView> {
    return bodyOf<KeyView>(await change('POST', id, `${pathOf(id)}/${action}`, body))
  }

  async function page(query: Query): Promise<Page<KeyView>> {
    return bodyOf(await asked('GET', 'keys', { query }))
  }

  /** What is told of a key by an event is told by the deployment itself: here they are only listed. */
  async function ending(withinDays: number): Promise<EndingKey[]> {
    const [at, found] = [Date.now(), [] as EndingKey[]]
    for await (const key of pagesOf((cursor) => page({ sort: 'expires', limit: '100', cursor }))) {
      const { id, name, owner, state, expiresAt } = key
      const end = Date.parse(expiresAt ?? '')
      if (end > at + withinDays * DAY_MILLISECONDS) break
      if (end > at && state !== 'revoked' && expiresAt !== null) found.push({ id, name, owner, state, expiresAt })
    }
    return found
  }

  return {
    create: async (key) => issuedOf(await asked('POST', 'keys', { body: newKeyBody(key) })),
    async show(id) {
      const answer = await found(id)
      return answer && bodyOf<KeyView>(answer)
    },
    list: (query) => page(queryOf(query)),
    async named(name) {
      const found: KeyView[] = []
      const query = { sort: 'name', search: name, limit: '100' }
      for await (const key of pagesOf((cursor) => page({ ...query, cursor }))) if (key.name === name) found.push(key)
      return found
    },
    update: async (id, draft) => bodyOf<KeyView>(await change('PATCH', id, pathOf(id), changeBody(draft))),
    async rotate(id, { overlapSeconds, expiresAt }) {
      const body = { overlapSeconds, ...endOf(expiresAt) }
      return issuedOf(await change('POST', id, `${pathOf(id)}/rotate`, body))
    },
    suspend: (id) => changed(id, 'suspend'),
    resume: (id) => changed(id, 'resume'),
    revoke: (id, reason) => changed(id, 'revoke', reason === undefined ? {} : { reason }),
    remove: async (id) => void (await change('DELETE', id, pathOf(id))),
    async reveal(id) {
      return tokenOf(bodyOf(await asked('POST', `${pathOf(id)}/reveal`, { body: {} })))
    },
    async *import(keys) {
      for (const body of bodiesOf(keys.map(importBody))) {
        yield* bodyOf<ImportView>(await asked('POST', 'keys/import', { body })).results
      }
    },
    export: () => pagesOf((cursor) => page({ limit: '100', cursor })),
    usage: async ({ from, to, owner, key, group }) =>
      bodyOf<UsageView>(await asked('GET', 'usage', { query: { from, to, owner, key, group } })),
    expiring: (withinDays = NEAR_EXPIRY_DAYS) => ending(withinDays),
    log: async (id, cursor) =>
      bodyOf<Page<LogItem>>(await asked('GET', `${pathOf(id)}/events`, { query: { limit: '100', cursor } })),
    close: async () => undefined,
  }
}

type Query = Readonly<Record<string, string | undefined>>

const NEAR_EXPIRY_DAYS = 7
const DAY_MILLISECONDS = 86_400_000

function pathOf(id: string): string {
  return `keys/${encodeURIComponent(id)}`
}

/** Whether the answer is of Latchkey's own kind: a 404 of whatever stands in its place says nothing about a key. */
function isProblem({ body }: Answer): boolean {
  return (Object(body) as { readonly reason?: unknown }).reason === 'not-found'
}

function bodyOf<Body>({ body }: Answer): Body {
  if (typeof body === 'object' && body !== null) return body as Body
  throw new Failure('no answer of Latchkey: is the URL right?')
}

function issuedOf(answer: Answer): IssuedKey {
  const { token: _, ...key } = bodyOf<IssuedView>(answer)
  return { key, token: tokenOf(bodyOf(answer)) }
}

/** A token is printed as it is: what steers a terminal, or is no text at all, is none. */
function tokenOf({ token }: { readonly token?: unknown }): string {
  if (typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  throw new Failure('no token in the answer: is the URL right?')
}

function queryOf({ by, from, limit, ...filter }: KeyQuery): Query {
  return { ...filter, sort: by, cursor: from, limit: String(limit) }
}

function endOf(expiresAt: KeyDraft['expiresAt']): { readonly expiresAt?: string | null } {
  if (expiresAt === undefined) return {}
  return { expiresAt: expiresAt === 'never' ? null : new Date(expiresAt * 1000).toISOString() }
}

function newKeyBody({ expiresAt, ...key }: NewKey): unknown {
  return { ...key, ...endOf(expiresAt) }
}

/** What is empty is taken away, as in a store. */
function changeBody({ expiresAt, ...change }: KeyChange): unknown {
  return { ...change, ...endOf(expiresAt) }
}

/** The token stays here: it is for a viewable copy alone, which the deployment makes of none. */
function importBody({ token: _, createdAt, expiresAt, ...key }: ImportedKey): object {
  const created = createdAt === undefined ? {} : { createdAt: new Date(createdAt * 1000).toISOString() }
  return { ...key, ...created, ...endOf(expiresAt) }
}

/** The API takes so many keys at once, and so long a body. */
const MOST_IMPORTED = 100
const MOST_BODY_BYTES = 60_000

function bodiesOf(keys: readonly object[]): object[][] {
  const bodies: object[][] = []
  let bytes = 0
  for (const key of keys) {
    const length = Buffer.byteLength(JSON.stringify(key)) + 1
    const last = bodies.at(-1)
    const hasRoom = last && last.length < MOST_IMPORTED && bytes + length <= MOST_BODY_BYTES
    if (hasRoom) last.push(key)
    else bodies.push([key])
    bytes = hasRoom ? bytes + length : length
  }
  return bodies
}
