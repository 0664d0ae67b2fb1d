import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Publishes the key set that it is given, on loopback and with connections kept alive, and tells its port. */
const server = createServer((_, response) => {
  response.setHeader('Content-Type', 'application/json').end(process.argv[2])
})

server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
