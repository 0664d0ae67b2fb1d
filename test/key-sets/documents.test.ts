import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { byFetch } from '../../src/key-sets/documents-by-fetch.ts'
import { byHttp } from '../../src/key-sets/documents-by-http.ts'
import type { FetchDocument } from '../../src/model/ports.ts'

const BOUNDS = { bytes: 1000, milliseconds: 5000 }

const PAGES: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  '/plain': (response) => response.end('{"ä": 1}'),
  '/asked': (response, { headers, method }) => response.end(`${method} ${headers.accept} ${headers.authorization}`),
  '/kept': (response) => response.setHeader('Cache-Control', 'public, max-age=600').setHeader('Age', '60').end('{}'),
  '/not-kept': (response) => response.setHeader('Cache-Control', 'no-store').end('{}'),
  '/missing': (response) => response.writeHead(404).end('no'),
  '/moved': (response) => response.writeHead(302, { Location: '/plain' }).end(),
  '/just': (response) => response.end('x'.repeat(1000)),
  '/huge': (response) => response.end('x'.repeat(1001)),
  '/announced': (response) => response.setHeader('Content-Length', 10_000_000).write('x'.repeat(2000)),
  '/split': (response) => {
    const bytes = Buffer.from('ä')
    response.write(bytes.subarray(0, 1))
    setImmediate(() => response.end(bytes.subarray(1)))
  },
  '/silent': () => undefined,
  '/drip': (response) => response.write('{'),
  '/reset': (response) => response.destroy(),
}

let server: Server
let base: string

beforeAll(async () => {
  server = createServer((request, response) => PAGES[request.url as string]?.(response, request))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

describe.each<[string, FetchDocument]>([
  ['byFetch', byFetch],
  ['byHttp', byHttp],
])('%s', (_, fetchDocument) => {
  const get = (path: string, bounds = BOUNDS) => fetchDocument(base + path, bounds)

  test.each<[path: string, expected: object]>([
    ['/plain', { status: 200, body: '{"ä": 1}', maxAgeSeconds: undefined }],
    ['/asked', { status: 200, body: 'GET application/json undefined' }],
    ['/kept', { status: 200, maxAgeSeconds: 540 }],
    ['/not-kept', { status: 200, maxAgeSeconds: 0 }],
    ['/missing', { status: 404, body: 'no' }],
    ['/just', { status: 200, body: 'x'.repeat(1000) }],
    ['/split', { body: 'ä' }],
  ])('fetches %s', async (path, expected) => {
    expect(await get(path)).toMatchObject(expected)
  })

  test('follows no redirect', async () => {
    expect((await get('/moved')).status).toBe(302)
  })

  test.each(['/huge', '/announced'])('takes no more than it may: %s', async (path) => {
    await expect(get(path)).rejects.toThrow('the document is too large')
  })

  test.each(['/silent', '/drip'])('waits no longer than it may: %s', async (path) => {
    await expect(get(path, { ...BOUNDS, milliseconds: 50 })).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('rejects where nothing answers', async () => {
    await expect(get('/reset')).rejects.toThrow()
    await expect(fetchDocument('http://127.0.0.1:1/', BOUNDS)).rejects.toThrow()
  })
})
