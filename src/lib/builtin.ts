import { createRequire } from 'node:module'

/**
 * A module of Node's own. An import reads every export of it, and so would load WebCrypto with `node:crypto` and `fetch` with
 * `node:http`, which take longer than all that is needed of them. Before Node 20.16 it is asked for as CommonJS does.
 */
export const builtin: typeof process.getBuiltinModule = process.getBuiltinModule ?? createRequire(import.meta.url)
