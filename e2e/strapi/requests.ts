import type { Asked } from '../../examples/strapi/ask.ts'

const LIST = ['GET', '/api/articles'] as const
const ONE = ['GET', '/api/articles/{article}'] as const
const NEW = ['POST', '/api/articles'] as const
const CHANGE = ['PUT', '/api/articles/{article}'] as const
const REMOVE = ['DELETE', '/api/articles/{article}'] as const
const REFIND = ['POST', '/api/articles/refind'] as const
const GRAPHQL = ['POST', '/graphql'] as const
const TOKENS = ['GET', '/admin/api-tokens'] as const

const TITLE = { data: { title: 'sent' } }
const QUERY = { query: '{ articles { title } }' }
const MUTATION = { query: 'mutation { createArticle(data: { title: "sent" }) { title } }' }

function asked(
  says: string,
  [method, path]: readonly [string, string],
  authorization: string[],
  body?: unknown,
): Asked {
  return { says, method, path, authorization, ...(body !== undefined && { body }) }
}

const bearer = (name: string) => [`Bearer {${name}}`]

/** All requests, in the table's order. What writes comes after what reads, and what deletes last. */
export const REQUESTS: readonly Asked[] = [
  asked('read-only', LIST, bearer('reader')),
  asked('read-only', ['HEAD', '/api/articles'], bearer('reader')),
  asked('read-only', ONE, bearer('reader')),
  asked('read-only', NEW, bearer('reader'), TITLE),
  asked('read-only', CHANGE, bearer('reader'), TITLE),
  asked('read-only', REMOVE, bearer('reader')),
  asked('read-only; the action writes, its name ends in `find`', REFIND, bearer('reader')),
  asked('read-only, from before tokens had kinds', LIST, bearer('old')),
  asked('custom: find, create', LIST, bearer('writer')),
  asked('custom: find, create', ONE, bearer('writer')),
  asked('custom: find, create', NEW, bearer('writer'), TITLE),
  asked('custom: find, create', CHANGE, bearer('writer'), TITLE),
  asked('custom: findOne', LIST, bearer('single')),
  asked('custom: findOne', ONE, bearer('single')),
  asked('custom: nothing', LIST, bearer('idle')),
  asked('full-access', LIST, bearer('backend')),
  asked('full-access', NEW, bearer('backend'), TITLE),
  asked('full-access', NEW, bearer('backend'), { data: {} }),
  asked('full-access', CHANGE, bearer('backend'), TITLE),
  asked('full-access', REFIND, bearer('backend')),
  asked('full-access', ['PATCH', '/api/articles'], bearer('backend')),
  asked('full-access', ['GET', '/api/articles/{missing}'], bearer('backend')),
  asked('none', LIST, []),
  asked('unknown, of the right shape', LIST, bearer('unknown')),
  asked('unknown, of no known shape', LIST, ['Bearer junk']),
  asked('its letters in capitals', LIST, ['Bearer {reader:upper}']),
  asked('expired', LIST, bearer('expired')),
  asked('regenerated in Strapi after the import', LIST, bearer('replaced')),
  asked('issued by the gate', LIST, bearer('issued')),
  asked('`bearer`', LIST, ['bearer {reader}']),
  asked('two spaces behind `Bearer`', LIST, ['Bearer  {reader}']),
  asked('a tab behind `Bearer`', LIST, ['Bearer\t{reader}']),
  asked('no scheme', LIST, ['{reader}']),
  asked('another scheme', LIST, ['Basic {reader}']),
  asked('`Bearer` alone', LIST, ['Bearer']),
  asked('a word behind the token', LIST, ['Bearer {reader} more']),
  asked('two headers, the first right', LIST, ['Bearer {reader}', 'Bearer junk']),
  asked('two headers, the second right', LIST, ['Bearer junk', 'Bearer {reader}']),
  asked('read-only', ['GET', '/api/articles/'], bearer('reader')),
  asked('full-access', ['GET', '/api/articles/'], bearer('backend')),
  asked('read-only', ['GET', '/API/Articles'], bearer('reader')),
  asked('none', ['GET', '/api/nowhere'], []),
  asked('read-only', ['GET', '/api/nowhere'], bearer('reader')),
  asked('full-access', ['GET', '/api/nowhere'], bearer('backend')),
  asked('admin kind', LIST, bearer('panel')),
  asked('admin kind', TOKENS, bearer('panel')),
  asked('full-access, not of the admin kind', TOKENS, bearer('backend')),
  asked('none', TOKENS, []),
  asked('none: a query', GRAPHQL, [], QUERY),
  asked('read-only: a query', GRAPHQL, bearer('reader'), QUERY),
  asked('read-only: a mutation', GRAPHQL, bearer('reader'), MUTATION),
  asked('custom, find and create: a query', GRAPHQL, bearer('writer'), QUERY),
  asked('custom, find and create: a mutation', GRAPHQL, bearer('writer'), MUTATION),
  asked('custom, findOne: a query', GRAPHQL, bearer('single'), QUERY),
  asked('full-access: a mutation', GRAPHQL, bearer('backend'), MUTATION),
  asked('expired: a query', GRAPHQL, bearer('expired'), QUERY),
  asked('full-access', REMOVE, bearer('backend')),
]
