import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { fileOf, folder, run } from '../run.ts'
import { DOCUMENT, PEPPER } from './place.ts'

async function receiver(): Promise<{ readonly url: string; readonly bodies: string[] }> {
  const bodies: string[] = []
  const server = createServer(async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming.setEncoding('utf8')) body += chunk
    bodies.push(body)
    outgoing.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => void server.close(() => resolve()))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, bodies }
}

describe('the webhooks of a document', () => {
  it('are told what an operator does, before the command ends', async () => {
    const { url, bodies } = await receiver()
    const config = fileOf({ ...DOCUMENT, webhooks: [{ url, secret: { secret: 'HOOK' } }] })
    const variables = {
      KEYS: `sqlite:${join(folder(), 'keys.db')}`,
      LATCHKEY_PEPPER: PEPPER,
      HOOK: 'a secret of hooks',
    }
    const made = await run(['keys', 'create', '--name', 'ci', '--expires', '2d', '--config', config], variables)
    expect(made.code).toBe(0)
    for (const args of [['expiring'], ['expiring'], ['revoke', 'ci']]) {
      expect((await run(['keys', ...args, '--config', config], variables)).code).toBe(0)
    }
    const events = bodies.map((body) => JSON.parse(body) as { readonly type: string; readonly data: object })
    expect(events.map(({ type }) => type.split('.').at(-1))).toEqual(['key-created', 'key-near-expiry', 'key-revoked'])
    expect(events[0]?.data).toMatchObject({ name: 'ci', actor: 'operator' })
    expect(bodies.join()).not.toContain(made.stdout.trim().slice(35))
  })
})
