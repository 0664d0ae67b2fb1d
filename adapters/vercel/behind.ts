import { IDENTITY_PREFIX } from '../../src/identity.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import type { Passing } from './pass.ts'
import { handOn, isNext } from './pass.ts'

/** What middleware gives: an answer, or nothing to let a request go on. */
// biome-ignore lint/suspicious/noConfusingVoidType: Next's own type of it says so
type Answered = Response | null | undefined | void

/**
 * Middleware behind the gate, as Clerk or next-intl make it: it gets the cleaned request, and answers it, or lets it go on
 * by `next()`, by a rewrite, or by giving nothing.
 */
export type Behind<Given extends Request> = (request: Given) => Answered | Promise<Answered>

const LIST = 'x-middleware-override-headers'
const VALUE_PREFIX = 'x-middleware-request-'
const REWRITE = 'x-middleware-rewrite'

/** The same request with the fields that go on. In place where that can be: frameworks keep more in it than Fetch knows. */
export function cleaned<Given extends Request>(request: Given, { fields, url }: Passing): Given {
  if (url && isNext(request)) request.nextUrl.search = url.search
  const bare = url && !isNext(request) ? (new Request(url, request) as Given) : request
  try {
    for (const name of Array.from(bare.headers.keys())) if (!fields.has(name)) bare.headers.delete(name)
    for (const [name, value] of fields) bare.headers.set(name, value)
    return bare
  } catch {
    return new Request(bare, { headers: fields }) as Given
  }
}

/** A request as it was sent. */
export interface Sent {
  readonly url: URL
  readonly fields: Headers
}

/**
 * What the middleware behind the gate says of a request that passed, with what the gate says of it: the gate's fields reach
 * the handlers, whatever the other one lists, and what it took away stays away.
 */
export function together(theirs: Answered, sent: Sent, passing: Passing): Response {
  if (!theirs) return handOn(passing)
  const headers = new Headers(theirs.headers)
  for (const [name, value] of Object.entries(passing.told)) {
    // What they say of caching is about a reply of their own.
    if (name !== 'Cache-Control' || !headers.has(name)) headers.set(name, value)
  }
  const rewritten = headers.get(REWRITE)
  if (rewritten !== null || headers.get('x-middleware-next') === '1') {
    list(headers, goingOn(headers, sent.fields, passing.fields))
    if (passing.url) sendOn(headers, rewritten, sent.url, passing.url)
  }
  const { status, statusText } = theirs
  return new Response(theirs.body, { status, statusText, headers })
}

/** Their list where they have one, and ours in it. */
function goingOn(headers: Headers, received: Headers, ours: Headers): Headers {
  const listed = headers.get(LIST)
  if (listed === null) return ours
  const fields = new Headers()
  for (const name of listed.split(',').map((each) => each.trim())) {
    const value = headers.get(VALUE_PREFIX + name)
    headers.delete(VALUE_PREFIX + name)
    if (value === null || isOurs(name)) continue
    // The fields of the request as it was sent, which they were not given, but may have kept.
    if (!ours.has(name) && received.get(name) === value) continue
    fields.set(name, value)
  }
  for (const [name, value] of ours) if (isOurs(name)) fields.set(name, value)
  return fields
}

/** Who called, and by which address and name: that is the gate's to say. */
function isOurs(name: string): boolean {
  const canonical = canonicalHeaderName(name)
  return canonical.startsWith(IDENTITY_PREFIX) || canonical.startsWith('x-forwarded-')
}

function list(headers: Headers, fields: Headers): void {
  for (const [name, value] of fields) headers.set(VALUE_PREFIX + name, value)
  headers.set(LIST, Array.from(fields.keys()).join(','))
}

/** Takes a credential out of the query of wherever they send the request. */
function sendOn(headers: Headers, rewritten: string | null, sent: URL, url: URL): void {
  const to = rewritten === null ? url : new URL(rewritten, url)
  const taken = Array.from(sent.searchParams.keys()).filter((name) => !url.searchParams.has(name))
  for (const name of taken) if (to.searchParams.has(name)) to.searchParams.delete(name)
  headers.set(REWRITE, to.href)
  headers.delete('x-middleware-next')
}
