import type { Latchkey } from '../../src/build.ts'
import { build } from '../../src/build.ts'
import { nodeDigests } from '../../src/crypto/node.ts'
import type { Document } from '../../src/document.ts'
import { ownEndpoints } from '../../src/endpoints.ts'
import type { Access } from '../../src/model/access.ts'
import type { Decision } from '../../src/model/decision.ts'
import type { LatchkeyEvent } from '../../src/model/event.ts'
import type { Host, SecretSource } from '../../src/model/ports.ts'
import { env } from '../../src/secrets/env.ts'
import { memorySink } from '../../src/sinks/memory.ts'
import { NOW } from './access.ts'

/** The values of the secrets that tests name: 43 characters each, as `latchkey token` makes them. */
export const TOKENS = {
  FULL: 'wTbV3R0c5mQ1k9XyZ2aL7uJ8nH4eP6sD0fGiKoMqEhU',
  READ: 'c8Yp2LxN5vR1tB7wK3zQ9mJ4hF6gD0sA_eUoIyTrWqE',
  CUSTOM: 'Zk4Hn8Wq2Ls6Vt0Xb5Rj9Pd3Gf7Mc1Ya-QoEuIiTwKv',
  ADMIN: 'pQ7sT1vW5yZ9bD3fG6hJ0kL4mN8rX2cA-eUiOaYzHtB',
} as const

/** One full-access token, and a route for everything. */
export const DOCUMENT: Document = {
  credentials: [{ kind: 'static-token', name: 'full', tokens: { secret: 'FULL' }, type: 'full-access' }],
  routes: [{ path: '/health', methods: ['GET'], public: true }, { path: '/*' }],
}

/** What every host brings, with a clock that stands still and secrets from a record. */
export function hostOf(
  secrets: SecretSource | Readonly<Record<string, string | undefined>> = TOKENS,
): Host & { readonly sink: { readonly events: LatchkeyEvent[] } } {
  const source = typeof secrets.get === 'function' ? (secrets as SecretSource) : env(secrets as Record<string, string>)
  return { now: () => NOW, elapsed: () => 0, digests: nodeDigests(), secrets: source, sink: memorySink() }
}

/** The authorizer of a document whose secrets are `TOKENS`. */
export function authorityOf(document: Document = DOCUMENT, host: Host = hostOf()): Latchkey {
  return build(document, host, { transport: 'any' })
}

/** What is decided about an access under a document. */
export async function decide(document: Document, access: Access): Promise<Decision> {
  return (await authorityOf(document).judge(access, { defer: () => undefined, endpoints: ownEndpoints('/_latchkey') }))
    .decision
}

/** The reason of a refusal; undefined for what is allowed. */
export function reasonOf(decision: Decision): string | undefined {
  return decision.allow ? undefined : decision.refusal.reason
}
