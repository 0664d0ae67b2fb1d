import type { Document, LimitDocument } from '../src/document.ts'
import type { SecretSource, Sink } from '../src/model/ports.ts'

/** The token that is accepted, the newest of however many there are. */
export const TOKEN = 'bench-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** One of the same length that nobody accepts. */
export const WRONG_TOKEN = 'wrong-6c1f0e2d9b8a47f3a5d4c3b2a1908f7e6d5c4b3a'
/** Where a permission is needed. */
export const PATH = '/api/articles'
/** What is needed there. */
export const PERMISSION = 'api::articles.find'
/** What issued keys begin with. */
export const PREFIX = 'bench'
/** The secret that their ids are made under. */
export const PEPPER = 'bench-pepper-3f1c5a7e9b2d4f60812c4e6a8b0d2f41'

/** A document whose decision has every part: a path parameter, a permission made of it, a grant that covers it. */
export function benchDocument(tokens: number): Document {
  return {
    credentials: [
      {
        kind: 'static-token',
        name: 'bench',
        tokens: Array.from({ length: tokens }, (_, place) => ({ secret: `TOKEN_${place}` })),
        type: 'custom',
        permissions: [PERMISSION],
      },
    ],
    routes: [
      { path: '/health', methods: ['GET'], public: true },
      { path: '/api/:collection', methods: ['GET'], permission: 'api::{collection}.find' },
    ],
  }
}

/** How a document with issued keys differs from the bench's other one. */
export interface KeysOptions {
  /** How long a record is remembered; 0: each request asks the store. Default: Latchkey's own. */
  readonly cacheSeconds?: number
  /** Of the static token and of every issued key. */
  readonly limits?: readonly LimitDocument[]
}

/** The same document with a second credential, of issued keys. */
export function keysDocument({ cacheSeconds, limits }: KeysOptions = {}): Document {
  const { credentials, routes } = benchDocument(1)
  const limited = limits && { limits }
  return {
    store: { binding: 'KEYS' },
    credentials: [
      ...credentials.map((credential) => ({ ...credential, ...limited })),
      {
        kind: 'api-key',
        name: 'keys',
        prefixes: [PREFIX],
        peppers: [{ version: 1, secret: 'PEPPER' }],
        ...(cacheSeconds !== undefined && { cacheSeconds }),
        ...limited,
      },
    ],
    routes,
  }
}

const SECRETS: Readonly<Record<string, string>> = { TOKEN_0: TOKEN, PEPPER }

/** The secrets of such a document; `TOKEN_0` is the token that is shown. */
export const benchSecrets: SecretSource = { get: (name) => [SECRETS[name] ?? `${TOKEN}-${name}`] }

/** Counts events and keeps none: what is measured ends where they are handed over. */
export function countingSink(): Sink & { events: number } {
  return {
    events: 0,
    write() {
      this.events++
    },
  }
}
