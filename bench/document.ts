import type { Document } from '../src/document.ts'
import type { SecretSource, Sink } from '../src/model/ports.ts'

/** The token that is accepted, the newest of however many there are. */
export const TOKEN = 'bench-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** One of the same length that nobody accepts. */
export const WRONG_TOKEN = 'wrong-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** Where a permission is needed. */
export const PATH = '/api/articles'

/** A document whose decision has every part: a path parameter, a permission made of it, a grant that covers it. */
export function benchDocument(tokens: number): Document {
  return {
    credentials: [
      {
        kind: 'static-token',
        name: 'bench',
        tokens: Array.from({ length: tokens }, (_, place) => ({ secret: `TOKEN_${place}` })),
        type: 'custom',
        permissions: ['api::articles.find'],
      },
    ],
    routes: [
      { path: '/health', methods: ['GET'], public: true },
      { path: '/api/:collection', methods: ['GET'], permission: 'api::{collection}.find' },
    ],
  }
}

/** The secrets of such a document; `TOKEN_0` is the token that is shown. */
export const benchSecrets: SecretSource = {
  get: (name) => (name === 'TOKEN_0' ? [TOKEN] : [`${TOKEN}-${name}`]),
}

/** Counts events and keeps none: what is measured ends where they are handed over. */
export function countingSink(): Sink & { events: number } {
  return {
    events: 0,
    write() {
      this.events++
    },
  }
}
