import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { NextServer } from './next-server.ts'
import { BUILD_TIMEOUT, buildNext, startNext } from './next-server.ts'
import type { Fields, Sent } from './wire.ts'
import { sendTo, statusOf } from './wire.ts'

const APP = 'e2e/next/i18n'
const TOKEN = 'Zc0yA7u1tZkFqk3C8xqg2oJ5mW9hR4vNbT6sLdEwPiU'
const AUTHORIZED: Fields = [['Authorization', `Bearer ${TOKEN}`]]

let server: NextServer
let build = ''

beforeAll(async () => {
  await buildNext(APP)
  build = readFileSync(join(APP, '.next/BUILD_ID'), 'utf8')
  server = await startNext(APP, { ADMIN_TOKEN: TOKEN })
}, BUILD_TIMEOUT)

afterAll(() => server?.stop())

const send = (target: string, sent?: Sent) => sendTo(server, target.replace('BUILD', build), sent)

describe('pages that have a form for each locale', () => {
  it.each([
    '/admin',
    '/fr/admin',
    '/en/admin',
    '/FR/admin',
    '/fr/ADMIN',
    '/_next/data/BUILD/admin.json',
    '/_next/data/BUILD/en/admin.json',
    '/_next/data/BUILD/fr/admin.json',
    '/_next/data/BUILD/FR/admin.json',
    '/fr/_next/data/BUILD/admin.json',
    '/api/orders',
    '/fr/api/orders',
    '/en/api/orders',
  ])('show nobody what is protected: %s', async (target) => {
    for (const headers of [[], [['x-nextjs-data', '1']], [['x-nextjs-locale', 'en']]] as Fields[]) {
      const reply = await send(target, { headers })
      expect(statusOf(reply)).toBeGreaterThanOrEqual(300)
      expect(reply.body).not.toMatch(/secret of|"subject"/)
    }
  })

  it.each([
    ['/admin', 'secret of', 'in <!-- -->en'],
    ['/fr/admin', 'secret of', 'in <!-- -->fr'],
  ])('show themselves to whoever may read them: %s', async (target, ...texts) => {
    const reply = await send(target, { headers: AUTHORIZED })
    expect(statusOf(reply)).toBe(200)
    for (const text of [...texts, 'admin']) expect(reply.body).toContain(text)
  })

  it.each(['/_next/data/BUILD/en/admin.json', '/_next/data/BUILD/fr/admin.json'])(
    'and their data, by which a browser goes from page to page: %s',
    async (target) => {
      const reply = await send(target, { headers: [...AUTHORIZED, ['x-nextjs-data', '1']] })
      expect(statusOf(reply)).toBe(200)
      expect(JSON.parse(reply.body).pageProps).toMatchObject({ subject: 'admin' })
    },
  )

  it('are open where they are, in every locale', async () => {
    for (const target of ['/', '/fr', '/_next/data/BUILD/fr.json']) {
      expect(statusOf(await send(target, { headers: [['x-nextjs-data', '1']] }))).toBe(200)
    }
  })
})
