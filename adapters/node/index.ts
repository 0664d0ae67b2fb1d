/** Latchkey on Node: the gate as a server, and the parts to build one's own. */
export { nodeDigests } from '../../src/crypto/node.ts'
export { env } from '../../src/secrets/env.ts'
export { file } from '../../src/secrets/file.ts'
export { consoleSink } from '../../src/sinks/console.ts'
export { memorySink } from '../../src/sinks/memory.ts'
export type { Running, ServeOptions } from './serve.ts'
export { OriginMissing, serve } from './serve.ts'
