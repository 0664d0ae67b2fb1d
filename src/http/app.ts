import type { Context, Env } from 'hono'
import { Hono } from 'hono/tiny'
import type { ContentfulStatusCode, StatusCode } from 'hono/utils/http-status'
import type { Maybe } from '../lib/maybe.ts'
import { after } from '../lib/maybe.ts'
import type { Access } from '../model/access.ts'
import type { Defer } from '../model/ports.ts'
import type { Reply } from '../respond.ts'
import type { Gate, Outcome } from './gate.ts'

/** What a gate host brings: how it reads a request, and how it sends one on. */
export interface AppHost<E extends Env> {
  gate(c: Context<E>): Maybe<Gate>
  access(c: Context<E>): Access
  defer(c: Context<E>): Defer
  /** What a request to key management sends: `bodyOf`, or what the host does better. */
  body(c: Context<E>): Promise<Uint8Array>
  /** Sends an allowed request to the origin. Its failures are refusals, so it does not throw. */
  forward(c: Context<E>, passed: NonNullable<Outcome['passed']>, gate: Gate): Response | Promise<Response>
}

/**
 * The gate as a Hono app. One handler takes every path: Hono's router decodes what it matches, and Latchkey's own
 * endpoints must be recognised on the bytes that are judged.
 */
export function app<E extends Env>(host: AppHost<E>): Hono<E> {
  function answer(c: Context<E>, gate: Gate, { reply, passed, asked }: Outcome): Response | Promise<Response> {
    if (reply) return replyWith(c, reply)
    if (passed) return host.forward(c, passed, gate)
    return host
      .body(c)
      .then(asked)
      .then((reply) => replyWith(c, reply))
  }

  return new Hono<E>()
    .all('*', (c) =>
      after(host.gate(c), (gate) =>
        after(gate.enter(host.access(c), host.defer(c)), (outcome) => answer(c, gate, outcome)),
      ),
    )
    .onError((_, c) => c.body(null, 503, { 'Cache-Control': 'no-store' }))
}

/** Writes a reply by Hono, which leaves the body out for HEAD. */
export function replyWith<E extends Env>(c: Context<E>, { status, headers, body }: Reply): Response {
  return body === ''
    ? c.body(null, status as StatusCode, headers)
    : c.body(body, status as ContentfulStatusCode, headers)
}
