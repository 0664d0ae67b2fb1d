import { IDENTITY_PREFIX } from '../../src/identity.ts'
import { canonicalHeaderName } from '../../src/lib/header-name.ts'
import { isLoopbackHost } from '../../src/lib/host.ts'
import type { NextUrl } from './next-request.ts'
import { isNext } from './next-request.ts'
import type { Passing } from './pass.ts'
import { handOn } from './pass.ts'

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
const NEXT = 'x-middleware-next'
const REWRITE = 'x-middleware-rewrite'

/** A request as it was sent. */
export interface Sent {
  readonly url: URL
  readonly fields: Headers
}

/**
 * The same request as it goes on. Next's is changed in place, as it knows more than Fetch does: whatever has read it already,
 * its cookies and its URL, must not have what was taken away either.
 */
export function cleaned<Given extends Request>(request: Given, { fields, url }: Passing): Given {
  if (!isNext(request))
    return new Request(url ?? request, url ? new Request(request, { headers: fields }) : { headers: fields }) as Given
  if (url) {
    request.nextUrl.search = url.search
    // What is read of it, and made of it, is what goes on; only its insides keep the URL as it was sent.
    const clone = () => new Request(url, Request.prototype.clone.call(request))
    for (const [name, value] of Object.entries({ url: url.href, clone })) {
      Object.defineProperty(request, name, { value, configurable: true })
    }
  }
  const kept = namesOf(fields.get('cookie'))
  for (const { name } of request.cookies?.getAll() ?? []) if (!kept.has(name.trim())) request.cookies?.delete(name)
  for (const name of Array.from(request.headers.keys())) if (!fields.has(name)) request.headers.delete(name)
  for (const [name, value] of fields) request.headers.set(name, value)
  return request
}

/**
 * What the middleware behind the gate says of a request that passed, with what the gate says of it: the gate's fields reach
 * the handlers, whatever the other one lists, and what it took away stays away.
 */
export function together(theirs: Answered, sent: Sent, passing: Passing): Response {
  if (!theirs) return handOn(passing)
  if (typeof theirs !== 'object' || !('status' in theirs))
    throw new TypeError('middleware gives a Response, or nothing')
  const headers = new Headers(theirs.headers)
  const rewritten = headers.get(REWRITE)
  // Whatever it says: frameworks look whether it is there.
  const goesOn = rewritten !== null || headers.has(NEXT)
  for (const [name, value] of Object.entries(passing.told)) {
    // An answer of their own says itself who may keep it.
    if (goesOn || name !== 'Cache-Control' || !headers.has(name)) headers.set(name, value)
  }
  if (goesOn) {
    const to = new URL(rewritten ?? passing.url ?? sent.url, sent.url)
    const fields = goingOn(headers, sent.fields, passing)
    // Who can show an identity is believed, and what is configured for the origin is nobody else's.
    if (!isSameServer(to, sent.url)) for (const name of passing.secret) fields.delete(name)
    list(headers, fields)
    if (rewritten === null) headers.set(NEXT, '1')
    if (passing.url) sendOn(headers, to, sent.url, passing.url)
  }
  const { status, statusText } = theirs
  return new Response(theirs.body, { status, statusText, headers })
}

/** Their list where they have one, and ours in it. */
function goingOn(headers: Headers, received: Headers, { fields: ours, secret }: Passing): Headers {
  const listed = headers.get(LIST)
  const set = new Set(secret.map((name) => name.toLowerCase()))
  const isSet = (name: string) => set.has(name.toLowerCase()) || isOurs(name)
  if (listed === null) return new Headers(ours)
  const fields = new Headers()
  for (const name of listed.split(',').map((each) => each.trim())) {
    const value = headers.get(VALUE_PREFIX + name)
    headers.delete(VALUE_PREFIX + name)
    if (value === null || isSet(name)) continue
    // The fields of the request as it was sent, which they were not given, but may have kept.
    if (!ours.has(name) && received.get(name) === value) continue
    const left = name.toLowerCase() === 'cookie' ? withoutTaken(value, received, ours) : value
    if (left !== '') fields.set(name, left)
  }
  for (const [name, value] of ours) if (isSet(name)) fields.set(name, value)
  return fields
}

/** Cookies less those that the gate has taken out. */
function withoutTaken(cookies: string, received: Headers, ours: Headers): string {
  const [before, after] = [received, ours].map((fields) => namesOf(fields.get('cookie')))
  const isTaken = (pair: string) => before?.has(nameOf(pair)) && !after?.has(nameOf(pair))
  const pairs = cookies.split(';')
  return pairs
    .filter((pair) => !isTaken(pair))
    .join(';')
    .trim()
}

function namesOf(cookies: string | null): ReadonlySet<string> {
  return new Set(cookies?.split(';').map(nameOf))
}

function nameOf(pair: string): string {
  return (pair.split('=', 1)[0] as string).trim()
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
function sendOn(headers: Headers, to: URL, sent: URL, url: URL): void {
  const taken = Array.from(sent.searchParams.keys()).filter((name) => !url.searchParams.has(name))
  for (const name of taken) if (to.searchParams.has(name)) to.searchParams.delete(name)
  headers.set(REWRITE, to.href)
  headers.delete(NEXT)
}

/** The paths to which an answer sends a request in the same deployment: as it stands, and as Next reads it. */
export function rewrittenPaths(answer: Response, sent: URL, nextUrl: NextUrl | undefined): string[] {
  const rewritten = answer.headers.get(REWRITE)
  const to = rewritten === null ? undefined : new URL(rewritten, sent)
  if (to === undefined || !isSameServer(to, sent)) return []
  const read = nextUrl?.clone?.()
  if (!read) return [to.pathname]
  read.href = to.href
  return [to.pathname, read.pathname]
}

/** Next takes every name of this machine for the same one. */
function isSameServer(to: URL, sent: URL): boolean {
  const isHere = isLoopbackHost(to.host) && isLoopbackHost(sent.host) && to.port === sent.port
  return to.protocol === sent.protocol && (to.host === sent.host || isHere)
}
