import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'

/** An API of notes. It answers nobody but the gate, and believes the gate on who called. */
export function origin(secret: string): Server {
  const notes: string[] = []
  return createServer(async (request, response) => {
    if (request.headers['x-origin-secret'] !== secret) return void response.writeHead(403).end('not through the gate\n')
    if (request.url === '/health') return void response.end('ok\n')
    let text = ''
    for await (const chunk of request) text += chunk
    if (request.method === 'POST') notes.push(`${request.headers['x-latchkey-name']}: ${text}`)
    response.end(notes.map((note) => `${note}\n`).join(''))
  })
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { ORIGIN_SECRET, PORT = '9000' } = process.env
  if (!ORIGIN_SECRET) throw new Error('set ORIGIN_SECRET')
  origin(ORIGIN_SECRET).listen(Number(PORT), '127.0.0.1')
}
