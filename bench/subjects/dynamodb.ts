import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

/** DynamoDB as dynalite keeps it, over TLS as AWS has it, in a process of its own; it tells its port. */
const require = createRequire(new URL('../../e2e/stores/package.json', import.meta.url))
const server = (require('dynalite') as (options: object) => Server)({ createTableMs: 0, ssl: true })

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
